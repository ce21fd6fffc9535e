/** Which modules a browser fetches as one piece: pieces are few, and hold nothing that a page does without at first. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOM = dirname(dirname(fileURLToPath(import.meta.url)));
export const PAGES = readdirSync(join(ROOM, "pages"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
  .map((entry) => entry.name)
  .sort();

/** A file's path within the room. */
export const named = (path) => relative(ROOM, path).split(sep).join("/");

/** Every module that `path` imports before it runs, itself included. */
function closure(inputs, path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const { path: next, kind } of inputs[path]?.imports ?? [])
    if (kind !== "dynamic-import") closure(inputs, next, found);
  return found;
}

/** A module of fewer bytes costs less in the piece of all pages than in a piece of some. */
const SMALL = 2600;

/**
 * Modules that the host, or at least half of the pages, need at first: they are worth one piece for all. What the page
 * with the most modules does without, because its first visit has the least room, is a piece of the other pages.
 */
export function sharedModules(inputs) {
  const views = PAGES.map((page) => closure(inputs, viewOf(page)));
  const host = closure(inputs, "web/host/main.ts");
  const size = (view) => [...view].reduce((sum, path) => sum + inputs[path].bytes, 0);
  const fullest = views.reduce((most, view) => (size(view) > size(most) ? view : most));
  const pagesOf = (path) => views.filter((view) => view.has(path)).length;
  const isSmall = (path) => inputs[path].bytes < SMALL;
  const isShared = (path) =>
    host.has(path) || pagesOf(path) * 2 >= views.length || (fullest.has(path) && pagesOf(path) > 1 && isSmall(path));
  const shared = Object.keys(inputs)
    .filter((path) => path.startsWith("web/") && !path.includes("node_modules") && !path.startsWith("web/host/"))
    .filter(isShared)
    .sort();
  const isOfAll = (path) => host.has(path) || fullest.has(path);
  return {
    all: shared.filter(isOfAll),
    others: shared.filter((path) => !isOfAll(path)),
    othersOf: PAGES.filter((_, i) => views[i] !== fullest).map(viewOf),
    late: lateOf(inputs),
  };
}

/** Modules of pages that their views fetch when they need them. */
const lateOf = (inputs) =>
  Object.values(inputs)
    .flatMap(({ imports }) => imports)
    .filter(({ path, kind }) => kind === "dynamic-import" && path.startsWith("pages/") && !path.endsWith("/view.tsx"))
    .map(({ path }) => path);

export const viewOf = (page) => `pages/${page}/view.tsx`;

/**
 * Has pages reach modules that they share: esbuild puts what all of them reach into one piece, else into many small
 * ones. Those of every page are injected into the entry points, the others into the views of their pages. What a page
 * fetches late reaches its view, which is there by then: what both need is one piece with the view.
 */
export const together = ({ all, others, othersOf, late }) => ({
  name: "together",
  setup(builder) {
    const sets = { "caselog:together": all, "caselog:others": others };
    builder.onResolve({ filter: /^caselog:/ }, ({ path }) => ({ path, namespace: "caselog" }));
    builder.onLoad({ filter: /.*/, namespace: "caselog" }, ({ path }) => ({
      contents: sets[path].map((module) => `import "./${module}";`).join("\n"),
      resolveDir: ROOM,
    }));
    const reached = { ...firstIn(othersOf, "caselog:others"), ...firstIn(late, "./view.tsx") };
    builder.onLoad({ filter: /\.tsx?$/ }, ({ path }) => {
      const first = reached[named(path)];
      return first && { contents: `import "${first}";\n${readFileSync(path, "utf8")}`, loader: "tsx" };
    });
  },
});

const firstIn = (paths, module) => Object.fromEntries(paths.map((path) => [path, module]));
