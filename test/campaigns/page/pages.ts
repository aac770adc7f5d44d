// All pages, and what each must show: data, to which a new page adds an entry.

/** A page and what must be seen on it. */
export interface PageEntry {
  /** Names its pictures. */
  readonly name: string;
  readonly path: string;
  /** The key that goes there after g; null without one. */
  readonly key: string | null;
  /** Texts that are visible once it has loaded. */
  readonly shows: readonly string[];
  /** How the address begins that Enter opens on a row, over which j and k move; null without such rows. */
  readonly opens: string | null;
  /** Whether it has a field that / moves to. */
  readonly hasSearch: boolean;
}

const plain = { key: null, opens: null, hasSearch: false };

/** The pages of a hub. `session` is the id of one with turns, tools and subagents. */
export const pagesOf = (session: string): readonly PageEntry[] => [
  { ...plain, name: "now", path: "/", key: "n", shows: ["Today", "Limits", "Burn rate", "Just now", "Findings"] },
  { ...plain, name: "usage", path: "/usage", key: "u", shows: ["Cost", "Models", "Calendar", "Tools", "Files"] },
  {
    ...plain,
    name: "usage-of-a-month",
    path: "/usage?by=machine&period=month&show=tokens",
    shows: ["Tokens", "Machines", "Calendar"],
  },
  {
    ...plain,
    name: "machines",
    path: "/machines",
    key: "m",
    shows: ["laptop", "desktop", "recordings", "Permission health"],
    opens: "/machines?machine=",
  },
  { ...plain, name: "machine", path: "/machines?machine=laptop", shows: ["laptop"] },
  {
    ...plain,
    name: "sessions",
    path: "/sessions",
    key: "s",
    shows: ["Sessions", "at once"],
    opens: "/sessions/",
    hasSearch: true,
  },
  {
    ...plain,
    name: "session",
    path: `/sessions/${encodeURIComponent(session)}`,
    shows: ["Turns", "Over time", "Files"],
  },
];

/** The pages that every ledger has, and those of a session, of which nothing is known but that they have nothing wrong. */
export const anyPages = (session: string | null = null): readonly PageEntry[] =>
  pagesOf(session ?? "")
    .filter(({ name }) => name !== "machine" && (name !== "session" || session !== null))
    .map((page) => ({ ...page, shows: [] }));
