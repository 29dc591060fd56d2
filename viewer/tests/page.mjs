// The page with a real server: `node page.mjs BASE TOKEN PICTURES`. The server has the graphs novel, hostile and large.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PATIENCE, assert, findings, open, run, until } from "./browser.mjs";

const [base, token, pictures] = process.argv.slice(2);
const root = "document.querySelector('.root').dataset";

async function enter(page, path) {
  await page.goto(base + path);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Continue" }).click();
}

const shown = (page, name, value) => until(page, ([key, wanted]) => document.querySelector(".root")?.dataset[key] === wanted, [name, value]);
/** Wait until the picture stands still: the camera moves for a moment. */
const still = async (page) => {
  await until(page, () => !window.viewer.scene.sigma.getCamera().isAnimating());
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
};
const search = async (page, text) => {
  await page.getByRole("combobox", { name: "Search nodes" }).fill(text);
  await page.getByRole("option").first().waitFor();
};

await run({
  async "a token is asked once, kept for the tab, and never in a URL"(browser) {
    const { page, faults, context } = await open(browser);
    const urls = [];
    page.on("request", (request) => urls.push(request.url()));
    await enter(page, "/view");
    await page.getByRole("button", { name: /^novel/ }).click();
    await shown(page, "visible", "77");
    await page.reload();
    await shown(page, "visible", "77");
    assert.equal(await page.getByLabel("Token").count(), 0);
    assert.ok(urls.every((url) => !url.includes(token)));
    assert.equal(await page.evaluate(() => Object.values(localStorage).length + document.cookie.length), 0);
    const other = await context.newPage();
    await other.goto(`${base}/view/novel`);
    await other.getByLabel("Token").waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  },

  async "a graph is searched, expanded, filtered, coloured, laid out, hidden and saved"(browser) {
    const { page, faults, context } = await open(browser);
    await enter(page, "/view/novel");
    await shown(page, "visible", "77");
    await page.screenshot({ path: join(pictures, "viewer.png") });

    await search(page, "valj");
    await page.keyboard.press("Enter");
    const selection = page.getByRole("complementary", { name: "Selection" });
    await selection.getByText("Neighbours").waitFor();
    assert.match(await selection.innerText(), /Valjean/);
    await search(page, "Napoleon");
    await page.keyboard.press("Shift+Enter");
    await page.getByRole("button", { name: "Find path" }).click();
    await shown(page, "path", "2");
    await still(page);
    await page.screenshot({ path: join(pictures, "viewer-path.png") });

    await page.getByLabel("Filter by attribute").selectOption("role");
    await page.getByRole("checkbox", { name: /other/ }).uncheck();
    await shown(page, "visible", "4");
    await page.getByLabel("Filter by attribute").selectOption("");
    await shown(page, "visible", "77");

    const edges = await page.evaluate(`${root}.edges`);
    await page.getByLabel("Least weight").fill("10");
    await until(page, (before) => Number(document.querySelector(".root").dataset.edges) < Number(before), edges);
    await page.getByLabel("Least weight").fill("1");

    await page.getByLabel("Filter by attribute").selectOption("role");
    await page.getByRole("checkbox", { name: /other/ }).uncheck();
    await shown(page, "visible", "4");
    await page.getByLabel("Colour").selectOption("m:pagerank");
    await until(page, () => document.querySelector(".legend strong")?.textContent === "pagerank");
    // What was filtered stays so, and is seen to be.
    assert.equal(await page.getByRole("checkbox", { name: /other/ }).isChecked(), false);
    assert.equal(await page.evaluate(`${root}.visible`), "4");
    await page.getByLabel("Filter by attribute").selectOption("");
    await page.getByLabel("Size").selectOption("a:chapter");
    await page.getByLabel("Layout").selectOption("circular");
    await page.getByRole("button", { name: "Lay out again" }).click();
    await shown(page, "layout", "circular");
    await page.getByLabel("Layout").selectOption("spring");
    await page.getByLabel("Pulled together by").selectOption("weight");
    await page.getByRole("button", { name: "Lay out again" }).click();
    await shown(page, "layout", "spring");
    await shown(page, "weight", "weight");
    assert.match(await page.locator("[aria-live]").innerText(), /spring, pulled together by weight/);

    await search(page, "Javert");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Hide", exact: true }).click();
    await shown(page, "visible", "76");
    await page.getByRole("button", { name: "Show hidden nodes" }).click();
    await shown(page, "visible", "77");

    await page.getByRole("button", { name: "Key figures" }).click();
    await page.getByRole("region", { name: "Key figures" }).getByRole("cell", { name: "density" }).waitFor();

    const waiting = page.waitForEvent("download", { timeout: PATIENCE });
    await page.getByRole("button", { name: "Save as PNG" }).click();
    const saved = await waiting;
    assert.equal(saved.suggestedFilename(), "novel.png");
    const bytes = readFileSync(await saved.path());
    assert.equal(bytes.subarray(1, 4).toString(), "PNG");
    // A picture in which everything is white would be a few hundred bytes.
    assert.ok(bytes.length > 10_000, String(bytes.length));
    assert.deepEqual(faults, []);
    await context.close();
  },

  async "a large graph is seen as its communities, which open"(browser) {
    const { page, faults, context } = await open(browser);
    await enter(page, "/view/large");
    await until(page, () => window.viewer?.model.clusters);
    assert.match(await page.locator(".notes").innerText(), /6000 nodes are shown as \d+ communities: open one/);
    await still(page);
    await page.screenshot({ path: join(pictures, "viewer-communities.png") });
    const members = () => page.evaluate(() => [...window.viewer.model.nodes.values()].map((node) => node.attributes.nodes));
    const [first, second] = await members();
    const at = (number) =>
      page.evaluate((wanted) => {
        const { scene, model } = window.viewer;
        const place = scene.where([...model.nodes.values()].find((node) => node.id === wanted));
        const box = document.querySelector(".canvas").getBoundingClientRect();
        return [box.x + place.x, box.y + place.y];
      }, number);
    await page.mouse.dblclick(...(await at(0)));
    await shown(page, "nodes", String(first));
    assert.equal(await page.locator(".tip").isVisible(), false);
    // Its own communities, and back.
    await page.getByRole("button", { name: "Show communities" }).click();
    await until(page, () => window.viewer.model.clusters);
    assert.equal((await members()).reduce((sum, one) => sum + one, 0) <= first, true);
    await page.getByRole("navigation", { name: "Communities" }).getByRole("button", { name: /\+/ }).click();
    await shown(page, "nodes", String(first));
    await page.getByRole("button", { name: "All", exact: true }).click();
    await until(page, () => window.viewer.model.clusters);
    // By the keyboard alone: what is found is opened by Enter on the picture.
    const name = await page.evaluate(() => String([...window.viewer.model.nodes.values()][1].attributes["most edges"]));
    await search(page, name);
    await page.keyboard.press("Enter");
    await page.locator(".canvas").focus();
    await page.keyboard.press("Enter");
    await until(page, (before) => document.querySelector(".root").dataset.nodes !== before, String(first));
    assert.ok((await page.evaluate(() => window.viewer.model.nodes.size)) <= second);
    await page.getByRole("button", { name: "All", exact: true }).click();
    await until(page, () => window.viewer.model.clusters);
    // A node that is in none of what is here is looked for in the graph.
    await page.getByRole("combobox", { name: "Search nodes" }).fill("5999");
    await page.keyboard.press("Enter");
    await until(page, () => !window.viewer.model.clusters);
    assert.equal(await page.locator(".panel.right h2").first().textContent(), "5999");
    assert.deepEqual(faults, []);
    await context.close();
  },

  async "what is beyond the view comes by a click on a node"(browser) {
    const { page, faults, context } = await open(browser);
    await enter(page, "/view/large");
    await until(page, () => window.viewer?.model.clusters);
    await page.getByRole("button", { name: "Show nodes" }).click();
    await shown(page, "nodes", "5000");
    assert.match(await page.locator(".notes").innerText(), /5000 nodes with most edges are shown, of 6000/);
    const hub = await page.evaluate(() => {
      const nodes = [...window.viewer.model.nodes.values()];
      return nodes.sort((a, b) => b.degree - a.degree)[0].id;
    });
    await search(page, String(hub));
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Expand" }).click();
    await until(page, () => Number(document.querySelector(".root").dataset.nodes) > 5000);
    assert.deepEqual(faults, []);
    await context.close();
  },

  async "a selection is drawn once, at the place where it was clicked"(browser) {
    const { page, faults, context } = await open(browser);
    await enter(page, "/view/novel");
    await shown(page, "visible", "77");
    const found = await page.evaluate(async () => {
      const { viewer } = window;
      const { sigma } = viewer.scene;
      const [hub] = [...viewer.model.nodes.values()].sort((a, b) => b.degree - a.degree);
      const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))));
      await frames();
      let drawn = 0;
      sigma.on("afterRender", () => (drawn += 1));
      const before = viewer.scene.where(hub);
      viewer.choose([hub.key]);
      await frames();
      const { nodeStyleAnalysis } = sigma.internals;
      return { drawn, before, after: viewer.scene.where(hub), nodes: nodeStyleAnalysis.dependency, edges: sigma.edgeStyleAnalysis.dependency };
    });
    assert.equal(found.drawn, 1);
    assert.deepEqual(found.after, found.before);
    // Else sigma evaluates all nodes, or all edges, whenever the pointer comes to one and the picture is moved.
    assert.equal(found.nodes, "item-state");
    assert.equal(found.edges, "static");
    // A node that the panel would cover comes out from under it.
    const hidden = await page.evaluate(() => {
      const { scene, model } = window.viewer;
      window.viewer.choose([]);
      const right = (node) => scene.where(node).x;
      const [last] = [...model.nodes.values()].sort((a, b) => right(b) - right(a));
      const { x, y } = scene.where(last);
      const box = document.querySelector(".canvas").getBoundingClientRect();
      return { key: last.key, x: box.x + x, y: box.y + y };
    });
    await page.mouse.click(hidden.x, hidden.y);
    await until(page, (key) => {
      const panel = document.querySelector(".panel.right").getBoundingClientRect();
      const box = document.querySelector(".canvas").getBoundingClientRect();
      return !document.querySelector(".panel.right").hidden && box.x + window.viewer.scene.where(window.viewer.model.nodes.get(key)).x < panel.x;
    }, hidden.key);
    assert.deepEqual(faults, []);
    await context.close();
  },

  async "names are written as their letters want, and none over another"(browser) {
    const { page, faults, context } = await open(browser);
    await enter(page, "/view/novel");
    await shown(page, "visible", "77");
    const written = () => page.evaluate(() => window.viewer.scene.written.map(({ text, left, top, right, bottom }) => ({ text, left, top, right, bottom })));
    const names = await written();
    assert.ok(names.length > 50, String(names.length));
    const [width, height] = await page.evaluate(() => [document.querySelector(".canvas").clientWidth, document.querySelector(".canvas").clientHeight]);
    for (const [at, a] of names.entries()) {
      assert.ok(a.left >= 0 && a.top >= 0 && a.right <= width && a.bottom <= height, a.text);
      for (const b of names.slice(at + 1)) assert.ok(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top, `${a.text} over ${b.text}`);
    }
    // A name on a large disc would be taken for the name of that.
    const astray = await page.evaluate(() => {
      const { scene } = window.viewer;
      const discs = scene.named.map(({ node, size }) => ({ ...scene.where(node), size, text: String(node.id) })).filter(({ size }) => size >= 12);
      return scene.written.flatMap((name) => discs.filter(({ x, y, text }) => text !== name.text && name.left < x && x < name.right && name.top < y && y < name.bottom).map(({ text }) => `${name.text} on ${text}`));
    });
    assert.deepEqual(astray, []);
    await page.goto(`${base}/view/letters`);
    await shown(page, "visible", "6");
    const texts = (await written()).map((one) => one.text);
    // Whole, for the browser to put its letters in their order; a long one is cut between letters.
    for (const text of ["שלום עולם", "مرحبا بالعالم", "👩‍👩‍👧‍👦 family"]) assert.ok(texts.includes(text), text);
    assert.ok(texts.some((text) => text.startsWith("🚀🚀") && text.endsWith("🚀…") && text.isWellFormed()), String(texts));
    // The same text drawn by the browser alone is as wide, which letters in a row are not where they join.
    assert.ok(
      await page.evaluate(() => {
        const context = document.createElement("canvas").getContext("2d");
        const one = window.viewer.scene.written.find(({ text }) => text.startsWith("م"));
        context.font = "12px " + getComputedStyle(document.body).fontFamily;
        return Math.abs(context.measureText(one.text).width - (one.right - one.left)) < 1;
      }),
    );
    assert.deepEqual(faults, []);
    await context.close();
  },

  async "a graph of nothing says so, and arrows show where edges lead"(browser) {
    const { page, faults, context } = await open(browser);
    await enter(page, "/view/empty");
    await page.getByText("This graph has no nodes.").waitFor();
    assert.equal(await page.locator(".legend").isVisible(), false);
    await page.goto(`${base}/view/arrow`);
    await shown(page, "visible", "2");
    // Ink across the line near its end, and as near to its begin.
    const ink = await page.evaluate(async () => {
      const { viewer } = window;
      const blob = await viewer.scene.picture("#ffffff");
      const picture = await createImageBitmap(blob);
      const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
      const context = canvas.getContext("2d");
      context.drawImage(picture, 0, 0);
      const [from, to] = ["from", "to"].map((id) => [...viewer.model.nodes.values()].find((node) => node.id === id));
      const radius = viewer.scene.named[0].size;
      const across = (a, b) => {
        const [p, q] = [viewer.scene.where(a), viewer.scene.where(b)];
        const length = Math.hypot(q.x - p.x, q.y - p.y);
        const [ux, uy] = [(q.x - p.x) / length, (q.y - p.y) / length];
        let most = 0;
        for (let along = 2; along < 12; along += 1) {
          let here = 0;
          for (let side = -8; side <= 8; side += 1) {
            const [x, y] = [p.x + ux * (radius + along) - uy * side, p.y + uy * (radius + along) + ux * side];
            const [red] = context.getImageData(Math.round(x), Math.round(y), 1, 1).data;
            here += red < 230 ? 1 : 0;
          }
          most = Math.max(most, here);
        }
        return most;
      };
      return [across(to, from), across(from, to)];
    });
    assert.ok(ink[0] >= ink[1] + 2, String(ink));
    assert.deepEqual(faults, []);
    await context.close();
  },

  async "a file that is dropped becomes a graph"(browser) {
    const { page, faults, context } = await open(browser);
    await enter(page, "/view");
    await page.locator("#file").setInputFiles({ name: "Small Roads.csv", mimeType: "text/csv", buffer: Buffer.from("source,target\na,b\nb,c\n") });
    await shown(page, "visible", "3");
    assert.equal(new URL(page.url()).pathname, "/view/small-roads");
    assert.deepEqual(faults, []);
    await context.close();
  },

  async "the keyboard does what the mouse does"(browser) {
    const { page, faults, context } = await open(browser);
    await enter(page, "/view/novel");
    await shown(page, "visible", "77");
    const camera = () => page.evaluate(() => ({ ...window.viewer.scene.sigma.getCamera().getState() }));
    const before = await camera();
    await page.locator(".canvas").focus();
    await page.keyboard.press("ArrowRight");
    assert.notEqual((await camera()).x, before.x);
    await page.keyboard.press("+");
    await until(page, (ratio) => window.viewer.scene.sigma.getCamera().getState().ratio < ratio, before.ratio);
    await page.keyboard.press("0");
    await until(page, () => window.viewer.scene.sigma.getCamera().getState().ratio === 1);
    await search(page, "fant");
    await page.keyboard.press("Enter");
    await page.locator(".canvas").focus();
    await page.keyboard.press("Delete");
    await shown(page, "visible", "76");
    // Every control is reached by Tab.
    const reached = new Set();
    await page.locator("body").press("Tab");
    for (let step = 0; step < 80; step += 1) {
      reached.add(await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.labels?.[0]?.firstChild?.textContent ?? document.activeElement?.textContent));
      await page.keyboard.press("Tab");
    }
    for (const name of ["All graphs", "Search nodes", "Save as PNG", "Layout", "Pulled together by", "Zoom in", "The graph as a picture"]) assert.ok(reached.has(name), name);
    assert.deepEqual(faults, []);
    await context.close();
  },

  async "axe finds nothing serious, in light and in dark"(browser) {
    for (const colorScheme of ["light", "dark"]) {
      // Its policy lets no script into the page: axe comes in around it, and the policy is looked at by the other tests.
      const { page, context } = await open(browser, { colorScheme, bypassCSP: true });
      await enter(page, "/view");
      await page.getByRole("button", { name: /^novel/ }).waitFor();
      assert.deepEqual(await findings(page), []);
      await page.getByRole("button", { name: /^novel/ }).click();
      await shown(page, "visible", "77");
      await search(page, "val");
      assert.deepEqual(await findings(page), []);
      await page.keyboard.press("Enter");
      await page.getByText("Neighbours").waitFor();
      assert.deepEqual(await findings(page), []);
      if (colorScheme === "dark") await page.screenshot({ path: join(pictures, "viewer-dark.png") });
      await context.close();
    }
  },

  async "markup, scripts and templates in a graph are text"(browser) {
    const { page, faults, context } = await open(browser);
    let dialogs = 0;
    page.on("dialog", (dialog) => ((dialogs += 1), dialog.dismiss()));
    const outside = [];
    page.on("request", (request) => !request.url().startsWith(base) && !request.url().startsWith("data:") && !request.url().startsWith("blob:") && outside.push(request.url()));
    await enter(page, "/view/hostile");
    await page.waitForFunction(() => document.querySelector(".root")?.dataset.visible);
    const ids = await page.evaluate(() => [...window.viewer.model.nodes.values()].map((node) => node.id));
    for (const id of ids) {
      await page.evaluate((wanted) => window.viewer.go([...window.viewer.model.nodes.values()].find((node) => node.id === wanted)), id);
      assert.equal(await page.locator(".panel.right h2").first().textContent(), String(id));
    }
    for (const name of await page.evaluate(() => [...document.querySelectorAll('[aria-label="Filter by attribute"] option')].map((one) => one.value))) {
      await page.getByLabel("Filter by attribute").selectOption(name);
    }
    await search(page, "script");
    assert.equal(await page.evaluate(() => window.struck), undefined);
    assert.equal(await page.locator("img, iframe, object, embed, a, body script ~ script").count(), 0);
    assert.equal(dialogs, 0);
    assert.deepEqual(outside, []);
    assert.deepEqual(faults, []);
    await context.close();
  },
});
