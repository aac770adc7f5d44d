import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JsonlWriter } from "../../src/monitoring/JsonlWriter.ts";
import { type Campaign, type Scale, Tally } from "./campaign.ts";
import { type Desk, type Ended, freshDesk, letPausePass, type Start } from "./desk.ts";
import { asNobody, does, limited, type Means, means, NOBODY, smallDisk } from "./means.ts";
import { audit, numberedRecord } from "./numbered.ts";
import { processesWith, waitFor } from "./processes.ts";

/** A disk or a limit that refuses. */
export const disk: Campaign = {
  name: "disk",
  promise: "whatever the disk refuses, the line is shown, no line is torn, it is told, and records resume by themselves",
  async run(scale) {
    const tally = new Tally();
    const have = means();
    writerOnFullDisk(tally, have);
    await Promise.all(cases.filter((one) => scale === "full" || one.isQuick).map((one) => story(tally, one, have)));
    await fullOutput(tally);
    await fewDescriptors(tally, scale);
    return tally;
  },
};

/** A fault: how it comes and goes, and how the doors are run meanwhile. */
interface Case {
  readonly name: string;
  readonly needs: keyof Means | null;
  readonly isQuick?: boolean;
  /** How long the program takes to answer, milliseconds. */
  readonly delay?: readonly [number, number];
  /** Records are made before the fault comes. */
  readonly after?: boolean;
  /** Brings the fault about; what it returns undoes it. */
  fault(desk: Desk): (() => void) | Promise<() => void>;
  readonly start?: Start;
  /** Comes while the worker waits for the program. */
  readonly isLate?: boolean;
  /** The fault goes away before the worker gives up, so nothing needs to be told. */
  readonly isShort?: boolean;
}

const disks = new WeakMap<Desk, Disposable[]>();

function mounted(desk: Desk, options: string) {
  const made = smallDisk(desk.logs, options);
  disks.set(desk, [...(disks.get(desk) ?? []), made]);
  return made;
}
