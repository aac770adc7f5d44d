import { existsSync, lstatSync } from "node:fs";
import { membersIn } from "../../hub/StoredMembers.ts";
import type { Machine } from "../../install/machine.ts";
import { installedNames, stateOfService } from "../../install/service/services.ts";
import { Ledger } from "../../ledger/sqlite/Ledger.ts";
import { hubIdOf, readLogin } from "../../sync/login-file.ts";
import { noHubMemory, readSyncMemory } from "../../sync/sync-memory.ts";
import { messageOf } from "../../utils/errors.ts";
import { hubPath, loginFile } from "../../utils/paths.ts";
import { clean, duration } from "../../utils/terminal.ts";
import { serviceSystem } from "../system-services/system.ts";
import { broken, type Check, note, ok, ours, says } from "./check.ts";

/** Time without contact to the hub that is worth a note, milliseconds. */
const AWAY_MS = 3 * 86_400_000;

/** Checks the hub of this machine, its login at another one, and the services; nothing where there is none of them. */
export const hubChecks = async (machine: Machine): Promise<Check[]> => [
  ...storeChecks(machine),
  ...loginChecks(machine),
  ...(await serviceChecks(machine)),
];

function storeChecks({ settings, places }: Machine): Check[] {
  const path = hubPath(settings, places);
  if (!existsSync(path)) return [];
  try {
    using ledger = new Ledger(path, () => "", { isReadOnly: true });
    const members = membersIn(ledger, "WHERE revoked IS NULL ORDER BY name");
    const conflicts = members.filter(({ conflict }) => conflict !== null);
    return [
      ok("hub", says`${path} has ${members.length === 1 ? ours("one machine") : says`${members.length} machines`}`),
      ...conflicts.map(({ name }) =>
        note("hub", says`two ledgers spoke as the machine ${clean(name, 100)}`, "see: pawprint machines"),
      ),
    ];
  } catch (error) {
    return [broken("hub", says`${clean(messageOf(error), 300)}`, "restore it from a backup: pawprint restore FILE")];
  }
}

function loginChecks({ places, clock }: Machine): Check[] {
  try {
    const login = readLogin(places);
    if (login === null) return [];
    const path = loginFile(places);
    if ((lstatSync(path).mode & 0o077) !== 0 && process.platform !== "win32")
      return [broken("login", says`other users can read ${path}, which has a token`, `chmod 600 ${clean(path, 500)}`)];
    const url = clean(login.url, 200);
    const { lastContact: contact, problem } = readSyncMemory(places).hubs[hubIdOf(login.key)] ?? noHubMemory;
    if (problem !== null && problem.code !== "hub_away") {
      const said = says`${url} ended the last attempt ${ours(duration(clock.now() - problem.at))} ago: `;
      return [broken("login", says`${said}${clean(problem.message, 300)}`, "see: pawprint status")];
    }
    if (contact === null)
      return [
        note("login", says`nothing was sent to ${url} yet`, "run: pawprint sync, or pawprint service install sync"),
      ];
    const age = clock.now() - contact;
    if (age > AWAY_MS)
      return [
        note(
          "login",
          says`${url} was last reached ${ours(duration(age))} ago`,
          "run: pawprint sync; why: pawprint status",
        ),
      ];
    return [ok("login", says`this machine sends to ${url} as ${clean(login.name, 100)}`)];
  } catch (error) {
    return [broken("login", says`${clean(messageOf(error), 300)}`, "log in again: pawprint login URL#CODE")];
  }
}

async function serviceChecks(machine: Machine): Promise<Check[]> {
  const { places } = machine;
  try {
    const system = serviceSystem(machine);
    const checks: Check[] = [];
    for (const name of installedNames({ places })) {
      const { isRunning, detail } = await stateOfService(system, name);
      const remedy = `run: pawprint service start ${name}; why it ended: pawprint service logs ${name}`;
      const state = clean(detail, 300);
      if (isRunning) checks.push(ok("service", says`${ours(name)} runs`));
      else checks.push(broken("service", says`${ours(name)} is installed and not running: ${state}`, remedy));
    }
    return checks;
  } catch (error) {
    return [broken("service", says`${clean(messageOf(error), 300)}`, "see: pawprint service status")];
  }
}
