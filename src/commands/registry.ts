import { backup } from "./backup.ts";
import { capture } from "./capture.ts";
import { chain } from "./chain.ts";
import type { Command } from "./contract.ts";
import { demo } from "./demo.ts";
import { docs } from "./docs.ts";
import { doctor } from "./doctor.ts";
import { env } from "./env.ts";
import { export as exportDocument } from "./export.ts";
import { help } from "./help.ts";
import { hook } from "./hook.ts";
import { import as importDays } from "./import.ts";
import { install } from "./install.ts";
import { live } from "./live.ts";
import { logs } from "./logs.ts";
import { preview } from "./preview.ts";
import { prices } from "./prices.ts";
import { scan } from "./scan.ts";
import { rebuild } from "./rebuild.ts";
import { restore } from "./restore.ts";
import { schema } from "./schema.ts";
import { setup } from "./setup.ts";
import { start } from "./start.ts";
import { statusline } from "./statusline.ts";
import { uninstall } from "./uninstall.ts";
import { upgrade } from "./upgrade.ts";
import { verify } from "./verify.ts";
import { watch } from "./watch.ts";
import { worker } from "./worker.ts";

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  start,
  demo,
  statusline,
  install,
  uninstall,
  upgrade,
  setup,
  doctor,
  preview,
  capture,
  watch,
  live,
  logs,
  scan,
  verify,
  rebuild,
  backup,
  restore,
  importDays,
  exportDocument,
  prices,
  schema,
  env,
  help,
  docs,
  worker,
  chain,
  hook,
];
