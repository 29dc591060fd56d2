// How long a browser takes to show a graph, from the arrival of its data on: `node shown.mjs BASE GRAPH REPEATS`, as JSON on stdout.
// `shown`: until it is on the screen. `selected`: from a click on the node with most edges until the selection is.
import { launch, open, until } from "./browser.mjs";

const [base, graph, repeats] = process.argv.slice(2);

/** Seconds until what was drawn is there: reading a pixel waits for all that is drawn. */
function drawn(since) {
  const gl = window.viewer.scene.sigma.webGLContext;
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  return (performance.now() - since) / 1000;
}

const browser = await launch();
const found = { shown: [], selected: [] };
for (let time = 0; time < Number(repeats); time += 1) {
  const { page, context } = await open(browser);
  await page.addInitScript(`
    const drawn = ${drawn};
    new MutationObserver((_, observer) => {
      if (document.querySelector(".root")?.dataset.nodes === undefined) return;
      observer.disconnect();
      const arrived = performance.getEntriesByType("resource").find((one) => one.name.includes("/layout")).responseEnd;
      window.shown = drawn(arrived);
    }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-nodes"] });
  `);
  await page.goto(`${base}/view/${graph}`);
  await until(page, () => window.shown !== undefined);
  found.shown.push(await page.evaluate(() => window.shown));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  found.selected.push(
    await page.evaluate(`(${(measured) => {
      const [hub] = [...window.viewer.model.nodes.values()].sort((a, b) => b.degree - a.degree);
      const began = performance.now();
      window.viewer.choose([hub.key]);
      return measured(began);
    }})(${drawn})`),
  );
  await context.close();
}
await browser.close();
console.log(JSON.stringify(found));
