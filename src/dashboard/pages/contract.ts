import type { ComponentType } from "preact";

/** One page: a tab of the head, or a detail of one. */
export interface DashboardPage {
  readonly name: string;
  /** The text of its tab; null for a page that another one leads to. */
  readonly title: string | null;
  /** The path, with :names for what is part of it: /sessions/:session. */
  readonly path: string;
  /** The letter that goes there after g; null without one. */
  readonly key: string | null;
  /** The content of <main>; gets the values of the path's names. */
  readonly Content: ComponentType<Readonly<Record<string, string>>>;
}
