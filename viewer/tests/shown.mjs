// How long a browser takes to show a graph, from the data on: `node shown.mjs BASE GRAPH REPEATS`, as JSON on stdout.
import { launch, open, until } from "./browser.mjs";

const [base, graph, repeats] = process.argv.slice(2);
const browser = await launch();
const seconds = [];
for (let time = 0; time < Number(repeats); time += 1) {
  const { page, context } = await open(browser);
  await page.goto(`${base}/view/${graph}`);
  await until(page, () => document.querySelector(".root")?.dataset.visible);
  seconds.push(
    await page.evaluate(async (id) => {
      const layout = await (await fetch(`/graphs/${id}/layout`)).json();
      const began = performance.now();
      window.viewer.take(layout);
      // What is on its way to the screen at the next frame but one is on it.
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return (performance.now() - began) / 1000;
    }, graph),
  );
  await context.close();
}
await browser.close();
console.log(JSON.stringify({ graph, seconds }));
