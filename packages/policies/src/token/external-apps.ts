import type { ExternalApp } from '@portcullis/model/revision'

/** Which clients of an issuer are which apps: as the apps themselves say, and the policy's config before them. */
export function appsOf(
  { issuer, apps }: { readonly issuer: string; readonly apps: Readonly<Record<string, string>> },
  external: readonly ExternalApp[],
): Readonly<Record<string, string>> {
  const theirs = external.filter((each) => each.issuer === issuer)
  return { ...Object.fromEntries(theirs.map(({ clientId, app }) => [clientId, app])), ...apps }
}
