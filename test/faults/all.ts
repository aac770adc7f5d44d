import type { Campaign } from "./campaign.ts";
import { disk } from "./disk.ts";
import { planted } from "./planted.ts";
import { kill } from "./kill.ts";
import { singleFlight } from "./single-flight.ts";
import { writers } from "./writers.ts";

/** All campaigns, in the order in which they are run. */
export const campaigns: readonly Campaign[] = [kill, writers, singleFlight, disk, planted];
