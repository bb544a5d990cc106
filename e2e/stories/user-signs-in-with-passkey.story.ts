import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserIsMissing, openBrowser } from '../src/browser.ts'
import { sampleSecret } from '../src/caller.ts'
import { type System, startSystem } from '../src/system.ts'

describe.skipIf(browserIsMissing)('a person with a passkey', () => {
  let system: System
  let browser: Browser
  beforeAll(async () => {
    system = await startSystem()
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await system?.[Symbol.asyncDispose]()
  })

  test('adds it on the account page, signs in with it alone, and has it asked for after the password', async () => {
    const page = await browser.newPage()
    await addAuthenticator(page)
    const account = `${system.running.addresses.authserver}/hmart/account/security`
    const password = sampleSecret(system, 'password', 'alice')
    await page.goto(account)
    await signIn(page, password)

    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByLabel('How you call it').fill('Her phone')
    await page.getByRole('button', { name: 'Make the passkey' }).click()
    await page.getByText('You can sign in with that passkey now').waitFor()
    expect(await page.locator('input[value="Her phone"]').count()).toBe(1)

    await page.context().clearCookies()
    await page.goto(account)
    await page.getByRole('button', { name: 'Use a passkey instead' }).click()
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText('You are signed in as alice').waitFor()
    expect(page.url()).toBe(account)

    await page.context().clearCookies()
    await page.goto(account)
    await signIn(page, password)
    await page.getByRole('button', { name: 'Use the passkey' }).click()
    await page.getByText('You are signed in as alice').waitFor()
  })

  test('who has none is told so, and signs in with the password', async () => {
    const page = await browser.newPage()
    await addAuthenticator(page)
    await page.goto(`${system.running.addresses.authserver}/hmart/account/security`)
    await page.getByRole('button', { name: 'Use a passkey instead' }).click()
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText('No passkey was used').waitFor()
    await page.getByRole('button', { name: 'Sign in with a password' }).click()
    expect(await page.getByLabel('Password').count()).toBe(1)
  })
})

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('User name').fill('alice')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** One in the device, whose owner shows a finger. */
async function addAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}
