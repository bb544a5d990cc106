import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a Chromium is installed on this machine, if one is. */
export const chromiumPath: string | undefined =
  process.env.CHROMIUM_PATH ?? EXECUTABLES.find((path) => existsSync(path))

/** Without a browser its stories cannot be told: on a developer's machine they are left out and named, in CI they fail. */
export const browserIsMissing = chromiumPath === undefined && process.env.CI !== 'true'

export async function openBrowser(): Promise<Browser> {
  if (chromiumPath === undefined)
    throw new Error('no Chromium: install one (Debian: apt-get install chromium)')
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
