/**
 * A real Chromium for tests: the machine's own if it has one, else the one that comes as an npm package.
 */
import { existsSync } from "node:fs";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

const INSTALLED = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts a headless browser; close it when done. */
export async function launchBrowser(): Promise<Browser> {
  const installed = process.env.CHROMIUM_PATH ?? INSTALLED.find(existsSync);
  if (installed !== undefined) return playwright.launch({ executablePath: installed, args: ["--no-sandbox"] });
  // Its arguments are for a serverless function: as a single process it would end with its first closed context.
  const args = chromium.args.filter((argument) => argument !== "--single-process");
  return playwright.launch({ executablePath: await chromium.executablePath(), args, headless: true });
}
