import { computed, signal } from "@preact/signals";

/** The state of the page: all of it is in the address, so that back, reload and a copied link keep it. */
const current = signal(new URL("http://localhost/"));

/** The path, such as /usage. */
export const path = computed(() => current.value.pathname);

/** The parameters that every page has, and links between pages keep. */
const COMMON = ["machine", "person", "timezone"] as const;

/** The value of a parameter; null without one. */
export const param = (name: string): string | null => current.value.searchParams.get(name);

/** All parameters. */
export const params = (): Readonly<Record<string, string>> => Object.fromEntries(current.value.searchParams);

/** The time zone of days and hours: that of the address, else the browser's. */
export const timezone = computed(() => {
  const given = param("timezone");
  return given !== null && isZone(given) ? given : Intl.DateTimeFormat().resolvedOptions().timeZone;
});

/** Whether the browser knows a time zone by its name. */
export function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** The parameters that choose whose usage every report shows, and the zone; of one that is not known the reports say so. */
export const selection = computed(() => ({
  machine: param("machine"),
  person: param("person"),
  timezone: param("timezone") ?? timezone.value,
}));

/** The address of a path with parameters, and with those that every page keeps. */
export function hrefOf(to: string, params: Readonly<Record<string, string | null>> = {}): string {
  const kept = COMMON.map((name) => [name, param(name)] as const);
  const given = [...kept.filter(([name]) => !(name in params)), ...Object.entries(params)];
  const query = new URLSearchParams(
    given.flatMap(([name, value]) => (value === null || value === "" ? [] : [[name, value]])),
  );
  return query.size === 0 ? to : `${to}?${query}`;
}

/** Goes to an address of this page. `replace` leaves no step back, for what changes while somebody types. */
export function go(href: string, replace = false): void {
  // As browsers do it, the address that is shown already is no step.
  if (replace || new URL(href, location.href).href === location.href) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  current.value = new URL(location.href);
  if (!replace) scrollTo(0, 0);
}

/** Changes parameters of the address; null removes one. */
export function setParams(params: Readonly<Record<string, string | null>>, replace = false): void {
  const url = new URL(current.value);
  for (const [name, value] of Object.entries(params))
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  const { scrollX, scrollY } = window;
  go(url.pathname + url.search, replace);
  scrollTo(scrollX, scrollY);
}

/** Takes the state from the address, and follows back and forward and links within the page. */
export function watchLocation(): void {
  const follow = (): void => void (current.value = new URL(location.href));
  follow();
  addEventListener("popstate", follow);
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || link.origin !== location.origin || link.target !== "" || link.hasAttribute("download")) return;
    // A place within the page.
    if (link.hash !== "" && link.pathname === location.pathname && link.search === location.search) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
