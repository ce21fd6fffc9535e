/**
 * When a page was painted, told by the page itself. Runs before any script of the page, in every tab.
 *
 * Painted means: the data of the view are in the document, and two animation frames have passed since. `painted` and
 * `skeleton` are in milliseconds since the navigation began, as `performance.now()` counts.
 */
(() => {
  const DATA = /* what is there once the data are drawn, by the first word of the address */ __DATA__;
  const VIEW = ".cl-view";
  const SKELETON = ".cl-skeleton";
  const DEADLINE_MS = 80000; // longer than the gateway waits for a page that it then gives up: what it says of it is heard

  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))));
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const isDrawn = () => {
    const view = document.querySelector(`${VIEW} h1`)?.closest(VIEW);
    return Boolean(view && !view.querySelector(SKELETON) && view.querySelector(DATA[location.pathname.split("/")[1]] ?? "h1"));
  };
  const text = (selector) => [...document.querySelectorAll(selector)].map((each) => each.textContent).join("\n");

  /** Resolves once `holds()`, asked after each change of the document; rejects with what the page says instead. */
  function until(holds, root = document) {
    return new Promise((done, fail) => {
      const observer = new MutationObserver(() => holds() && settle(done));
      const settle = (how, value) => (observer.disconnect(), clearTimeout(deadline), how(value));
      const say = () => new Error(`not within ${DEADLINE_MS} ms; the page at ${location.pathname} says: ${document.body?.innerText.slice(0, 300)}`);
      const deadline = setTimeout(() => settle(fail, say()), DEADLINE_MS);
      observer.observe(root, { childList: true, subtree: true, characterData: true, attributes: true });
      if (holds()) settle(done);
    });
  }

  const bench = {
    /** Milliseconds from the navigation until the first data, or the skeleton, were painted. */
    painted: until(isDrawn).then(frames),
    /** The same until the data were in the document: a tab in the background gets a frame a second, and nobody sees it. */
    drawn: until(isDrawn).then(() => performance.now()),
    skeleton: until(() => document.querySelector(SKELETON)).then(frames),

    /** Milliseconds from a click on `selector` until what `changing` selects reads otherwise and is painted. */
    async click(selector, changing) {
      const target = document.querySelector(selector);
      if (!target) throw new Error(`nothing to click: ${selector}`);
      return bench.time(() => target.click(), changing);
    },

    /** Milliseconds from words in the search of a ticket until how often they were found is painted. */
    async search(words) {
      const box = await until(() => document.querySelector(".cl-find input")).then(() => document.querySelector(".cl-find input"));
      const put = (value) => ((box.value = value), box.dispatchEvent(new Event("input", { bubbles: true })));
      const begun = performance.now();
      put(words);
      await until(() => /of|not/.test(text(".cl-find-said")));
      const took = (await frames()) - begun;
      put("");
      await until(() => text(".cl-find-said") === "");
      await sleep(300);
      return took;
    },

    /** Gaps between frames, in milliseconds, while `selector` is scrolled for so long. */
    async scroll(selector, forMs) {
      await until(() => document.querySelector(selector));
      const rows = document.querySelector(selector);
      const next = () => new Promise((done) => requestAnimationFrame(done));
      const gaps = [];
      const begun = await next();
      for (let last = begun; last - begun < forMs; ) {
        rows.scrollTop += 170;
        const now = await next();
        gaps.push(now - last);
        last = now;
      }
      return gaps;
    },

    back: (changing) => bench.time(() => history.back(), changing),

    async time(act, changing) {
      const before = text(changing);
      const begun = performance.now();
      act();
      await until(() => text(changing) !== before && isDrawn());
      return (await frames()) - begun;
    },

    /** When `words` were painted, or gone (epoch milliseconds), asking anew by a click on `selector` until they are. */
    async appearance(words, selector, pauseMs, isShown = true) {
      let wanted = true;
      const there = until(() => isDrawn() && text(VIEW).includes(words) === isShown).finally(() => (wanted = false));
      (async () => {
        while (wanted) {
          document.querySelector(selector).click();
          await Promise.race([there.catch(() => null), change(document.querySelector(VIEW)), sleep(2000)]);
          await sleep(pauseMs);
        }
      })();
      await there;
      return performance.timeOrigin + (await frames());
    },
  };

  /** The next change below `root`: an answer was drawn. */
  const change = (root) =>
    new Promise((done) => new MutationObserver((_, observer) => (observer.disconnect(), done())).observe(root, { childList: true, subtree: true, characterData: true }));

  bench.painted.catch(() => null);
  bench.drawn.catch(() => null);
  bench.skeleton.catch(() => null); // a page that never shows one
  window.caselogBench = bench;
})();
