// Written by `python -m voila_dashboards.contract` from the list of pages (voila_dashboards/pages) and the definitions
// it names. Do not edit: `make web` writes it anew, and a test compares.

export const VIEWS = {
  overview: () => import("../../pages/overview/view.tsx"),
  tickets: () => import("../../pages/tickets/view.tsx"),
  errors: () => import("../../pages/errors/view.tsx"),
  tools: () => import("../../pages/tools/view.tsx"),
  mydata: () => import("../../pages/mydata/view.tsx"),
  ticket: () => import("../../pages/ticket/view.tsx"),
  compare: () => import("../../pages/compare/view.tsx"),
};
