import own from "../../package.json";
import { packageOf, type Platform, platforms } from "./platforms.ts";

/** The content of a package.json. */
export type PackageManifest = Readonly<Record<string, unknown>>;

const { name, version, description, license, type, bin, files, engines } = own;

/**
 * The published package: the checkout's without its scripts and tools, and with the packages of all platforms, of which npm
 * installs the one that fits. The bundle contains what it uses, so it has no dependencies.
 */
export const mainManifest: PackageManifest = {
  name,
  version,
  description,
  license,
  type,
  bin,
  files,
  engines,
  optionalDependencies: Object.fromEntries(platforms.map((platform) => [packageOf(platform), version])),
};

/** The package of one platform: the executable alone. */
export function platformManifest(platform: Platform): PackageManifest {
  const { os, cpu, libc } = platform;
  return {
    name: packageOf(platform),
    version,
    description: `The executable of ${name} for ${platform.name}`,
    license,
    os: [os],
    cpu: [cpu],
    // Without "glibc" here, npm would install neither of two packages that differ in this field alone.
    ...(libc ? { libc: [libc] } : {}),
    preferUnplugged: true,
    files: ["bin"],
  };
}
