// What all tests in a browser share: Chromium, a page that reports what goes wrong in it, and waits for what was caused.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

/** Longest wait for anything, in milliseconds: software draws what a graphics card would. */
export const PATIENCE = 120_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function launch() {
  const args = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader", // WebGL without a graphics card
  ];
  return chromium.launch({ executablePath: process.env.CHROMIUM, args, timeout: PATIENCE });
}

/** A page; `faults` holds what its console and its policy complained of. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // A page that is asked for its token was told 401 before.
    if (message.type() === "error" && !message.text().includes("401")) faults.push(message.text());
  });
  return { page, faults, context };
}

/** Serious findings of axe in a page or a frame. */
export async function findings(frame) {
  await frame.evaluate(AXE);
  const told = await frame.evaluate(() => window.axe.run(document));
  const named = (finding) => `${finding.id}: ${finding.nodes.map((node) => node.target).join(", ")}`;
  return told.violations.filter((finding) => ["serious", "critical"].includes(finding.impact)).map(named);
}

/** Wait for `condition`; a failure that the viewer shows meanwhile is thrown. */
export async function until(frame, condition, value) {
  const end = Date.now() + PATIENCE;
  while (!(await frame.evaluate(condition, value))) {
    const failure = await frame.evaluate(() => document.querySelector(".status.error")?.textContent);
    if (failure) throw new Error(`the viewer shows: ${failure}`);
    if (Date.now() > end) throw new Error(`not within ${PATIENCE} ms: ${condition}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Run the steps in their order; the first that fails ends the process with its name. */
export async function run(steps) {
  const browser = await launch();
  try {
    for (const [name, step] of Object.entries(steps).filter(([name]) => name.includes(process.env.STEP ?? ""))) {
      try {
        await step(browser);
        console.log(`ok ${name}`);
      } catch (error) {
        console.error(`failed: ${name}\n${error.stack}`);
        process.exitCode = 1;
        return;
      }
    }
  } finally {
    await browser.close();
  }
}

export { assert };
