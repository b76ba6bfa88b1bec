/** Where drizzle-kit finds the schema and keeps the migrations made from it (`npm run generate:migrations`). */
import { defineConfig } from "drizzle-kit";

export default defineConfig({ dialect: "sqlite", schema: "./src/worker/db/schema.ts", out: "./migrations" });
