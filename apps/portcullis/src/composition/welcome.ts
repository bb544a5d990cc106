import type { Addresses } from './address.ts'

/** What a start prints: where everything is, and four lines that show what it does. */
export function welcome(addresses: Addresses, roles: readonly string[], sample: boolean): string[] {
  const places = [
    ['gateway', 'gateway', addresses.gateway, ''],
    [
      'control-plane',
      'management API',
      `${addresses.controlPlane}/v1`,
      `described at ${addresses.controlPlane}/v1/openapi.json`,
    ],
    ['authserver', 'authorization server', addresses.authserver, ''],
  ] as const
  const lines = places
    .filter(([role]) => roles.includes(role))
    .map(([, title, url, note]) => `  ${title.padEnd(21)} ${url}  ${note}`.trimEnd())
  return [
    '',
    'Portcullis is running.',
    '',
    ...lines,
    '',
    ...(sample ? sampleLines(addresses) : []),
    'Ctrl-C stops it.',
    '',
  ]
}

/** Each is one line to paste into another terminal in the same folder. */
export function sampleLines({ gateway }: Addresses): string[] {
  return [
    'Try the sample in another terminal, in this folder:',
    '',
    '  TOKEN=$(npx portcullis token hmart/stock-viewer --scope list_items)',
    `  curl -i -H "Authorization: Bearer $TOKEN" ${gateway}/warehouse/v1/items`,
    `  curl -i -H "Authorization: Bearer $TOKEN" ${gateway}/warehouse/v1/orders -d '{"item":"rice-10kg","quantity":1}'`,
    '  npx portcullis explain --last',
    '',
    'A token is fetched; listing is allowed; ordering is refused; the refusal is explained.',
    '',
  ]
}
