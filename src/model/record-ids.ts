/** What the end of every id names. */
export interface IdScope {
  /** The account of the process: Places.scope. */
  readonly scope: string;
  /** How often the clock was set back. */
  readonly generation: number;
}

/** Returns the id of the record of an interval (milliseconds); it is the same for every attempt. */
export function intervalId(kind: "usage" | "status", slot: number, interval: number, scope: IdScope): string {
  return `${kind}-${iso(slot * interval)}-${endOf(scope)}`;
}

/** Returns the id of the status record of a new session, named by `sessionKey`. */
export function firstSeenId(session: string, slot: number, interval: number, scope: IdScope): string {
  return `status-${iso(slot * interval)}-${session}-${endOf(scope)}`;
}

/** Returns the id of the limits record of an assistant for an interval. */
export function limitsId(source: string, slot: number, interval: number, scope: IdScope): string {
  return `limits-${iso(slot * interval)}-${source}-${endOf(scope)}`;
}

/** Returns the id of the record of a finding's event; `since` is the time of the previous capture, epoch milliseconds. */
export function findingId(
  { type, key, state }: { readonly type: string; readonly key: string; readonly state: string },
  since: number,
  scope: IdScope,
): string {
  return `diagnostics-${type}-${Bun.hash.xxHash64(key).toString(16)}-${state}-${since}-${endOf(scope)}`;
}

/** Returns the account in an id; "" if it names none. */
export const scopeOf = (id: string): string => /-([a-z_]+-[^-]+)(?:-g\d+)?$/.exec(id)?.[1] ?? "";

/** Returns when the interval of a record began (epoch milliseconds), from its id; null if the id has no time. */
export function intervalStart(id: string): number | null {
  const [, time, since] = /-(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)|(\d{13}))-/.exec(id) ?? [];
  return time !== undefined ? Date.parse(time) : since !== undefined ? Number(since) : null;
}

const endOf = ({ scope, generation }: IdScope): string => (generation === 0 ? scope : `${scope}-g${generation}`);

const iso = (ms: number): string => new Date(ms).toISOString();
