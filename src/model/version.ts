/** Whether a version comes after another, as versions and not as texts; false where one of them is none. */
export function isNewerVersion(version: string, than: string): boolean {
  try {
    return Bun.semver.order(version, than) > 0;
  } catch {
    return false;
  }
}
