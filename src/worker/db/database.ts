/** The one way from the Worker to D1: drizzle over the binding. */
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";

/** D1 seen through drizzle. Transactions are `batch`: D1 refuses BEGIN. */
export type Database = DrizzleD1Database & { readonly $client: D1Database };

/** Opens the binding. */
export const openDatabase = (binding: D1Database): Database => drizzle(binding);
