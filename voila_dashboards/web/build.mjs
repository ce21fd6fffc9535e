/**
 * Builds the view into ../static: for the gateway in pieces that a page loads as it needs them, and for a notebook as
 * one script and one style sheet (`widget/`). `node build.mjs --check` only says whether ../static is up to date.
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { named, PAGES, ROOM, sharedModules, together, viewOf } from "./pieces.mjs";

const WEB = dirname(fileURLToPath(import.meta.url));
const STATIC = join(ROOM, "static");
const TARGET = ["chrome123", "firefox128", "safari17.5"];

/** What the bundle is made of. A test in Python computes the same hash. */
const SOURCE = /\.(ts|tsx|css|mjs|json)$/;
const NO_SOURCE = new Set(["node_modules", "__pycache__"]);

const COMMON = {
  bundle: true,
  minify: true,
  charset: "utf8",
  target: TARGET,
  legalComments: "none",
  write: false,
  logLevel: "warning",
  outdir: STATIC,
  tsconfig: join(WEB, "tsconfig.json"),
  absWorkingDir: ROOM,
  external: ["fonts/*"],
};

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NO_SOURCE.has(entry.name) ? [] : sources(path);
    return SOURCE.test(entry.name) ? [path] : [];
  });
}

function hashOfSources() {
  const hash = createHash("sha256");
  const files = [...sources(WEB), ...sources(join(ROOM, "pages"))].sort((a, b) => (named(a) < named(b) ? -1 : 1));
  for (const file of files)
    hash
      .update(`${named(file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  return hash.digest("hex");
}

const PIECES = {
  ...COMMON,
  entryPoints: { caselog: "web/entry.tsx", "caselog-host": "web/host/main.ts" },
  format: "esm",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  metafile: true,
};

/** Styles of what a page draws late, fetched with it. */
const lateStyles = (page) => `pages/${page}/late.css`;
const MARKDOWN = "web/styles/markdown.css";
const LATE = PAGES.filter((page) => existsSync(join(ROOM, lateStyles(page))));

/** Scripts in pieces, and a style sheet for all pages, one for each, and for what it draws late; no word more. */
async function buildPieces() {
  const { metafile } = await build(PIECES);
  const plugins = [together(sharedModules(metafile.inputs))];
  const scripts = await build({ ...PIECES, inject: ["caselog:together"], plugins });
  const styles = await build({
    ...COMMON,
    entryPoints: {
      caselog: "web/styles/caselog.css",
      ...Object.fromEntries(PAGES.map((page) => [`pages/${page}`, `pages/${page}/view.css`])),
      ...Object.fromEntries(LATE.map((page) => [`pages/${page}-late`, lateStyles(page)])),
      "pages/markdown": MARKDOWN,
      "pages/account": "web/styles/account.css",
    },
  });
  return { files: [...scripts.outputFiles, ...styles.outputFiles], outputs: scripts.metafile.outputs };
}

/** What hides a page once its session is over: the server's own pages have it too, and nothing else of the view. */
async function buildSignedIn(banner) {
  const entryPoints = { "caselog-signed-in": "web/signed-in/main.ts" };
  const { outputFiles } = await build({ ...COMMON, entryPoints, format: "esm", banner: { js: banner } });
  return outputFiles;
}

/** The same in one script and one style sheet, without fonts: what a notebook is given. */
async function buildWidget(banner) {
  const imports = [
    "web/styles/shared.css",
    ...PAGES.map((page) => `pages/${page}/view.css`),
    ...LATE.map(lateStyles),
    MARKDOWN,
  ];
  const contents = imports.map((path) => `@import "./${path}";`).join("\n");
  const script = await build({
    ...COMMON,
    entryPoints: { "widget/caselog": "web/entry.tsx" },
    format: "esm",
    banner: { js: banner },
  });
  const style = await build({
    ...COMMON,
    stdin: { contents, loader: "css", resolveDir: ROOM, sourcefile: "widget.css" },
    entryNames: "widget/caselog",
    banner: { css: banner },
  });
  return [
    ...script.outputFiles,
    ...style.outputFiles.map((file) => ({
      ...file,
      path: join(STATIC, "widget/caselog.css"),
      contents: file.contents,
    })),
  ];
}

/** The pieces that each page needs before it is drawn, so that a browser fetches them at once. */
function piecesOfPages(outputs) {
  const within = Object.fromEntries(
    Object.entries(outputs).map(([path, output]) => [relative("static", path).split(sep).join("/"), output]),
  );
  const needed = (path, found = new Set()) => {
    if (found.has(path)) return found;
    found.add(path);
    for (const { path: next, kind } of within[path].imports)
      if (kind === "import-statement") needed(relative("static", next).split(sep).join("/"), found);
    return found;
  };
  const pieceOf = (page) => Object.keys(within).find((path) => within[path].entryPoint === viewOf(page));
  return Object.fromEntries(
    PAGES.map((page) => [page, [...new Set([...needed("caselog-host.js"), ...needed(pieceOf(page))])].sort()]),
  );
}

async function main(isCheck) {
  const source = hashOfSources();
  const banner = `/* Caselog's view, built by \`make web\` from sources with SHA-256 ${source.slice(0, 12)}. */`;
  const { files, outputs } = await buildPieces();
  const all = [...files, ...(await buildSignedIn(banner)), ...(await buildWidget(banner))].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  );
  const hashes = Object.fromEntries(
    all.map((file) => [
      relative(STATIC, file.path).split(sep).join("/"),
      createHash("sha256").update(file.contents).digest("hex"),
    ]),
  );
  const told = { source, files: hashes, pages: piecesOfPages(outputs) };
  const built = new Map(all.map((file) => [file.path, Buffer.from(file.contents)]));
  built.set(join(STATIC, "build.json"), Buffer.from(`${JSON.stringify(told, null, 2)}\n`));
  for (const [path, contents] of [...built])
    if (isServed(path)) built.set(`${path}.br`, brotliCompressSync(contents, SMALLEST));
  if (isCheck) return check(built);
  for (const folder of ["chunks", "pages", "widget"]) rmSync(join(STATIC, folder), { recursive: true, force: true });
  for (const [path, contents] of built) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  }
  return 0;
}

function check(built) {
  const wrong = [...built].filter(([path, contents]) => !isSame(path, contents)).map(([path]) => named(path));
  if (wrong.length)
    console.error(`Not what the sources make: ${wrong.join(", ")}. Run \`make web\`, and commit what it writes.`);
  return wrong.length ? 1 : 0;
}

/** What browsers fetch, and take in brotli's coding over TLS and from their own machine. */
const isServed = (path) => /\.(js|css)$/.test(path) && !relative(STATIC, path).startsWith("widget");
const SMALLEST = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };

/** Another version of Node may code the same in other bytes. */
function isSame(path, contents) {
  const plain = (bytes) => (path.endsWith(".br") ? brotliDecompressSync(bytes) : bytes);
  try {
    return plain(readFileSync(path)).equals(plain(contents));
  } catch {
    return false;
  }
}

process.exitCode = await main(process.argv.includes("--check"));
