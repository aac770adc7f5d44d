import { autoUpdatesDisabled } from "./auto-updates-disabled.ts";
import { configMismatch } from "./config-mismatch.ts";
import type { Diagnostic } from "./contract.ts";
import { environmentVariables } from "./environment-variables.ts";
import { invalidSettings } from "./invalid-settings.ts";
import { largeInstructions } from "./large-instructions.ts";
import { leftoverInstallation } from "./leftover-installation.ts";
import { multipleInstallations } from "./multiple-installations.ts";
import { other } from "./other.ts";
import { pathTrouble } from "./path-trouble.ts";
import { permissionRules } from "./permission-rules.ts";
import { permissionWarning } from "./permission-warning.ts";
import { searchBroken } from "./search-broken.ts";
import { updateFailed } from "./update-failed.ts";

/** The registry of rules over Claude Code's reports. */
export const diagnostics: readonly Diagnostic[] = [
  permissionWarning,
  configMismatch,
  invalidSettings,
  multipleInstallations,
  leftoverInstallation,
  pathTrouble,
  autoUpdatesDisabled,
  updateFailed,
  searchBroken,
  largeInstructions,
  permissionRules,
  environmentVariables,
  other,
];
