/** Whether a version is newer than another by semantic versioning; false if one of them is not a version. */
export function isNewerVersion(version: string, than: string): boolean {
  try {
    return Bun.semver.order(version, than) > 0;
  } catch {
    return false;
  }
}
