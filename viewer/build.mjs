// Builds the viewer: one HTML document with its script and style inside. `node build.mjs OUT`
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const made = await build({
  entryPoints: [join(here, "src/main.ts")],
  bundle: true,
  minify: true,
  write: false,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  absWorkingDir: here,
});
// `</script` inside of a text would end the element.
const script = made.outputFiles[0].text.replaceAll("</script", "<\\/script").trim();
const style = (await build({ entryPoints: [join(here, "src/style.css")], minify: true, write: false })).outputFiles[0].text.trim();
const shell = await readFile(join(here, "src/index.html"), "utf8");
const page = shell.replace("/*style*/", () => style).replace("/*script*/", () => script);
await writeFile(process.argv[2], page);
