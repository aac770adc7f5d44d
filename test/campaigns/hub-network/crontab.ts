import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyInstallRecord } from "../../../src/install/installation.ts";
import { ISOLATED } from "../../../src/utils/paths.ts";
import type { Checks } from "../e2e/checks.ts";

/** Installs and removes a service with the real crontab, whose files are covered by an empty directory meanwhile. */
export async function checkCrontab(checks: Checks, folder: string, cli: string): Promise<void> {
  if (Bun.which("crontab") === null) return checks.note("left out: there is no crontab");
  const home = join(folder, "cron");
  const bin = join(home, ".claude/pets/bin");
  mkdirSync(bin, { recursive: true, mode: 0o700 });
  const words = [process.execPath, ...ISOLATED, cli].map((word) => `"${word}"`).join(" ");
  writeFileSync(join(bin, "pawprint"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o700 });
  writeFileSync(join(home, ".claude/pets/install.json"), JSON.stringify(emptyInstallRecord));
  writeFileSync(join(home, ".claude/pets/login.json"), "{}");
  const script = `set -e
mount -t tmpfs none /var/spool/cron/crontabs
chmod 1730 /var/spool/cron/crontabs; chgrp crontab /var/spool/cron/crontabs
printf '# mine\\n5 4 * * * true\\n' | crontab -
crontab -l >"$HOME/before"
pawprint=~/.claude/pets/bin/pawprint
$pawprint service install sync --with cron
crontab -l >"$HOME/during"
$pawprint service status sync || true
$pawprint service uninstall sync
crontab -l >"$HOME/after"
cmp "$HOME/before" "$HOME/after"
crontab -r
$pawprint service install sync --with cron
$pawprint service uninstall sync
! crontab -l
`;
  const child = Bun.spawn(["unshare", "--mount", "/bin/sh", "-c", script], {
    env: { HOME: home, PATH: "/usr/sbin:/usr/bin:/sbin:/bin", SHELL: "/bin/bash" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  checks.check("the real crontab is as it was after uninstall", status === 0, status === 0 ? "" : `${out}${err}`);
  checks.note(out.split("\n").find((line) => line.startsWith("  ") && line.includes("* * * *")) ?? out);
}
