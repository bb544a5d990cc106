/** How oidc-provider asks what apps name: with a limit of time, and not at addresses that are no public ones. */
declare module 'oidc-provider/lib/helpers/fetch_request.js' {
  import type { Provider } from 'oidc-provider'

  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default function fetchRequest(
    provider: Provider,
    url: string,
    options: RequestInit,
  ): Promise<Response>
}
