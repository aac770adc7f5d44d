// Fills the hub of a home with a year of 50 machines: bun year.ts HOME [MACHINES DAYS]. In a process of its own, beside the campaign.
import { fillHub } from "./hub-file.ts";
import { manyMachines } from "./plans.ts";

const [home = "", machines = "50", days = "365"] = process.argv.slice(2);
fillHub(home, manyMachines(Date.now(), Number(machines), Number(days)));
