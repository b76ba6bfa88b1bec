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
  // Nor may it do without what keeps one site from another.
  const unwanted = ["--single-process", "--disable-web-security", "--allow-running-insecure-content"];
  const args = chromium.args.filter((argument) => !unwanted.includes(argument));
  return playwright.launch({ executablePath: await chromium.executablePath(), args, headless: true });
}
