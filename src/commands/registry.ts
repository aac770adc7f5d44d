import { backup } from "./backup.ts";
import { capture } from "./capture.ts";
import { chain } from "./chain.ts";
import type { Command } from "./contract.ts";
import { demo } from "./demo.ts";
import { docs } from "./docs.ts";
import { doctor } from "./doctor.ts";
import { env } from "./env.ts";
import { export as exportDocument } from "./export.ts";
import { forget } from "./forget.ts";
import { help } from "./help.ts";
import { hook } from "./hook.ts";
import { import as importDays } from "./import.ts";
import { install } from "./install.ts";
import { invite } from "./invite.ts";
import { live } from "./live.ts";
import { login } from "./login.ts";
import { logout } from "./logout.ts";
import { logs } from "./logs.ts";
import { open } from "./open.ts";
import { preview } from "./preview.ts";
import { prices } from "./prices.ts";
import { pull } from "./pull.ts";
import { scan } from "./scan.ts";
import { rebuild } from "./rebuild.ts";
import { rename } from "./rename.ts";
import { restore } from "./restore.ts";
import { revoke } from "./revoke.ts";
import { schema } from "./schema.ts";
import { serve } from "./serve.ts";
import { service } from "./service.ts";
import { setup } from "./setup.ts";
import { start } from "./start.ts";
import { status } from "./status.ts";
import { statusline } from "./statusline.ts";
import { sync } from "./sync.ts";
import { token } from "./token.ts";
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
  open,
  logs,
  scan,
  verify,
  rebuild,
  backup,
  restore,
  importDays,
  exportDocument,
  prices,
  serve,
  invite,
  login,
  sync,
  status,
  service,
  pull,
  token,
  rename,
  revoke,
  forget,
  logout,
  schema,
  env,
  help,
  docs,
  worker,
  chain,
  hook,
];
