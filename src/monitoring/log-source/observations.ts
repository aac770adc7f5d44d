import { identityOf } from "../../model/finding.ts";
import { limitReadingsIn } from "../../model/limit-readings.ts";
import {
  type AccountLimitObservation,
  type FindingObservation,
  logKeys,
  type LogBodies,
  type LogKind,
  type StatusObservation,
} from "../../model/log-observation.ts";
import type { Observation } from "../../model/observation.ts";
import { extraSpend, extraUsageOf, type Quota } from "../../model/quota.ts";
import type { LogRecord } from "../../model/record.ts";
import { scopeOf } from "../../model/record-ids.ts";
import { dateOf, type Fields, fields, listOf, text } from "../../utils/json.ts";

/** Names the account of a way of signing in at a time (epoch ms), empty if it is not known. */
export type AccountAt = (scope: string, at: number) => string;

/** What was last observed, by limit or way of signing in: the time, and a text that changes with the value. */
export type LastObserved = Readonly<Record<string, readonly [at: number, value: string]>>;

/** An unchanged limit or status is observed again after this long, milliseconds: the age of a reading is known to this accuracy. */
const UNCHANGED_MS = { limit: 15 * 60_000, status: 6 * 3_600_000 };
/** More names than any account has limits: a damaged log may contain any number. */
const MAX_NAMES = 200;
const MAX_NAME_LENGTH = 200;

/** The observations of one line of the log, and what was last observed after it. */
export interface LineObservations {
  readonly observations: readonly Observation[];
  readonly last: LastObserved;
}

/** The observations of a line of usage.jsonl: limits that changed, or were last observed long ago. */
export function limitsOf(record: Fields, accountAt: AccountAt, before: LastObserved): LineObservations {
  const scope = scopeOf(text(record["id"]));
  const usage = record["usage_data"];
  const at = dateOf(record["timestamp"]) ?? 0;
  const extra = extraUsageOf(usage);
  const readings: readonly {
    readonly at: number;
    readonly quota: Omit<Quota, "percent"> & { percent: number | null };
  }[] = [
    ...limitReadingsIn([datedRecord(record)]),
    ...(extra
      ? [{ at, quota: { key: "extra_usage", percent: extra.percent, resetsAt: null, spend: extraSpend(extra) } }]
      : []),
  ];
  const account = readings.length > 0 ? accountAt(scope, at) : "";
  return fresh(
    readings.map(({ at: readAt, quota: { key, percent, resetsAt, spend } }): AccountLimitObservation => ({
      at: readAt,
      account,
      scope,
      name: key.slice(0, MAX_NAME_LENGTH),
      usedPercent: percent,
      resetsAt,
      plan: text(fields(usage)["subscription_type"], 60),
      spent: spend?.used ?? null,
      spendLimit: spend?.limit ?? null,
      currency: spend?.currency.slice(0, 8) ?? null,
      period: spend?.period?.slice(0, 20) ?? null,
      decimals: spend?.decimals ?? null,
    })),
    before,
    UNCHANGED_MS.limit,
    (body) => `${body.scope} ${body.account} ${body.name}`,
    (body) => logObservation("account-limit", body),
  );
}

/** Without limits of which no record says how old they are: an idle session passes on old ones. */
function datedRecord(record: Fields): LogRecord {
  const isDated = dateOf(fields(record["statusline"])["seen_at"]) !== null;
  return (isDated ? record : { ...record, statusline: null }) as unknown as LogRecord;
}

/** The observation of a line of status.jsonl, if anything changed or was last observed long ago. */
export function statusOf(record: Fields, before: LastObserved): LineObservations {
  const answers = fields(record["status_data"]);
  const { requires_sudo: requiresSudo } = fields(fields(record["diagnostics"])["permissions"]);
  const body: StatusObservation = {
    at: dateOf(record["timestamp"]) ?? 0,
    account: accountOf(record),
    scope: scopeOf(text(record["id"])),
    version: text(record["version"], 60) || rowOf(answers["get_status"], "Version"),
    plan: text(fields(answers["auth_status"])["subscriptionType"], 60),
    requiresSudo: typeof requiresSudo === "boolean" ? requiresSudo : null,
  };
  return fresh(
    [body],
    before,
    UNCHANGED_MS.status,
    ({ scope }) => scope,
    (one) => logObservation("status", one),
  );
}

/** The account of a record: its e-mail address, or the hash of it, in lower case; empty if it has none. */
export const accountOf = (record: Fields): string => text(record["email"], 320).toLowerCase();

/** A row of get_status by its label. */
function rowOf(answer: unknown, label: string): string {
  const rows = listOf(fields(answer)["sections"]).flatMap(({ rows: some }) => listOf(some));
  return text(rows.find((row) => row["label"] === label)?.["value"], 60);
}

/** The observation of a line of diagnostics.jsonl; null if it is no event. */
export function findingOf(record: Fields): Observation | null {
  const id = text(record["id"]);
  const [type, message, state] = ["diagnostic_type", "message", "state"].map((name) => text(record[name]));
  if (!type || !message || !/^(?:appeared|changed|resolved)$/.test(state ?? "")) return null;
  // Findings of one check that differ in numbers only have different ids.
  const [, hash = Bun.hash.xxHash64(identityOf({ type, message })).toString(16)] =
    /-([0-9a-f]{1,16})-(?:appeared|changed|resolved)-\d+-/.exec(id) ?? [];
  const body: FindingObservation = {
    at: dateOf(record["timestamp"]) ?? 0,
    scope: scopeOf(id),
    finding: hash,
    type: type.slice(0, 100),
    severity: /^(?:error|warning)$/.test(text(record["severity"])) ? text(record["severity"]) : "info",
    state: state as FindingObservation["state"],
    message,
    fix: text(fields(record["details"])["fix"]) || null,
  };
  return logObservation("finding", body);
}

const logObservation = <K extends LogKind>(kind: K, body: LogBodies[K]): Observation => ({
  kind,
  key: logKeys[kind](body),
  body,
});

/** The bodies that say something new, as observations. A time before the last one was recorded after the clock was set back. */
function fresh<Body extends { readonly at: number }>(
  bodies: readonly Body[],
  before: LastObserved,
  unchangedMs: number,
  nameOf: (body: Body) => string,
  observationOf: (body: Body) => Observation,
): LineObservations {
  const last: Record<string, readonly [number, string]> = Object.keys(before).length > MAX_NAMES ? {} : { ...before };
  const observations = bodies.flatMap((body) => {
    const { at, ...rest } = body;
    const [name, value] = [nameOf(body), Bun.hash.xxHash64(JSON.stringify(rest)).toString(36)];
    const known = last[name];
    if (known?.[1] === value && at >= known[0] && at - known[0] < unchangedMs) return [];
    last[name] = [at, value];
    return [observationOf(body)];
  });
  return { observations, last };
}
