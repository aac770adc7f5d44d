import type { Campaign } from "./campaign.ts";
import { disk } from "./disk.ts";
import { planted } from "./planted.ts";
import { kill } from "./kill.ts";
import { ledgerDisk } from "./ledger-disk.ts";
import { ledgerKill } from "./ledger-kill.ts";
import { ledgerTwo } from "./ledger-two.ts";
import { sanitizer } from "./sanitizer.ts";
import { singleFlight } from "./single-flight.ts";
import { stale } from "./stale.ts";
import { stdin } from "./stdin.ts";
import { tail } from "./tail.ts";
import { workerKill } from "./worker-kill.ts";
import { writers } from "./writers.ts";

/** All campaigns, in the order in which they run. */
export const campaigns: readonly Campaign[] = [
  kill,
  workerKill,
  writers,
  singleFlight,
  stale,
  disk,
  planted,
  stdin,
  sanitizer,
  tail,
  ledgerKill,
  ledgerTwo,
  ledgerDisk,
];
