import type { DashboardPage } from "./contract.ts";
import { namesIn } from "../paths.ts";
import { machines } from "./machines.tsx";
import { now } from "./now.tsx";
import { session } from "./session.tsx";
import { sessions } from "./sessions.tsx";
import { usage } from "./usage.tsx";

/** All pages, in the order of the tabs. */
export const pages: readonly DashboardPage[] = [now, usage, machines, sessions, session];

/** The page of a path, and the values of its names; null if there is none. */
export function pageOf(
  path: string,
): { readonly page: DashboardPage; readonly names: Readonly<Record<string, string>> } | null {
  for (const page of pages) {
    const names = namesIn(page.path, path);
    if (names) return { page, names };
  }
  return null;
}
