import type { HubServices, Member } from "../services.ts";
import { route } from "./contract.ts";
import { pendingOf } from "../../reports/shared/members.ts";
import { noParameters } from "./shared/parameters.ts";

const FORMAT = "text/plain; version=0.0.4; charset=utf-8";
/** What the hub's own numbers mean, by name; those that only grow are counters. Numbers without a meaning here are left out. */
const MEANINGS: Readonly<Record<string, { readonly type: "counter" | "gauge"; readonly help: string }>> = {
  uptimeSeconds: { type: "gauge", help: "Seconds since the hub started." },
  connections: { type: "gauge", help: "Open streams of machines and subscribers." },
  subscribers: { type: "gauge", help: "Subscribers that are sent each commit." },
  rows: { type: "counter", help: "Rows received since the start." },
  commits: { type: "counter", help: "Transactions with rows since the start." },
  refused: { type: "counter", help: "Rows refused since the start." },
  storeBytes: { type: "gauge", help: "Size of the hub's database in bytes." },
};

/** Samples of one name: a value for each machine, or one. */
interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[];
}

/** Numbers for Prometheus. Labels are names of machines and versions; no person, project or path is in them. */
export const metrics = route({
  name: "metrics",
  description: "numbers of the hub and of each machine, in the text format of Prometheus",
  method: "GET",
  path: "/metrics",
  scope: "read",
  params: noParameters,
  run(_, hub) {
    const machines = hub.members.all().filter(({ revoked }) => revoked === null);
    const families: Family[] = [
      {
        name: "info",
        type: "gauge",
        help: "The version of the hub.",
        samples: [{ labels: { version: hub.program }, value: 1 }],
      },
      ...Object.entries({ ...hub.gauges(), storeBytes: bytesOf(hub) }).flatMap(([name, value]) =>
        hubFamily(name, value),
      ),
      ofMachines(
        "machine_last_seen_timestamp_seconds",
        "gauge",
        "When the hub last heard from the machine, in seconds since 1970.",
        machines,
        ({ seen }) => (seen === null ? null : seen / 1_000),
      ),
      ofMachines(
        "machine_pending_rows",
        "gauge",
        "Rows that the machine still has to send, as it last said.",
        machines,
        pendingOf,
      ),
      ofMachines(
        "machine_clock_skew_seconds",
        "gauge",
        "Seconds that the machine's clock is ahead of the hub's.",
        machines,
        ({ skew }) => skew / 1_000,
      ),
      ofMachines(
        "machine_late_rows_total",
        "counter",
        "Rows that came too late to be counted.",
        machines,
        ({ late }) => late,
      ),
      ofMachines(
        "machine_refused_rows_total",
        "counter",
        "Rows that the hub refused.",
        machines,
        ({ refused }) => refused,
      ),
    ];
    return { type: FORMAT, body: families.map(textOf).join("") };
  },
});

const bytesOf = ({ ledger: { database } }: HubServices): number =>
  database
    .query<{ bytes: number }, []>(
      "SELECT page_count * page_size AS bytes FROM pragma_page_count() CROSS JOIN pragma_page_size()",
    )
    .get()?.bytes ?? 0;

function hubFamily(name: string, value: number): Family[] {
  if (!Object.hasOwn(MEANINGS, name)) return [];
  const { type = "gauge", help = "" } = MEANINGS[name] ?? {};
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return [{ name: type === "counter" ? `${snake}_total` : snake, type, help, samples: [{ value }] }];
}

function ofMachines(
  name: string,
  type: Family["type"],
  help: string,
  machines: readonly Member[],
  valueOf: (member: Member) => number | null,
): Family {
  const samples = machines.flatMap((member) => {
    const value = valueOf(member);
    return value === null ? [] : [{ labels: { machine: member.name }, value }];
  });
  return { name, type, help, samples };
}

function textOf({ name, type, help, samples }: Family): string {
  if (samples.length === 0) return "";
  const full = `pawprint_hub_${name}`;
  const lines = samples.map(({ labels = {}, value }) => `${full}${labelText(labels)} ${value}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines, ""].join("\n");
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** A label's value as the format wants it. */
const escaped = (value: string): string =>
  value.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
