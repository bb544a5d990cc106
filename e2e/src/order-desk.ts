import type { Page } from 'playwright-core'

/** The sample's app that signs people in, sent back to where a test listens, and after signing out perhaps elsewhere. */
export function orderDesk(redirectUri: string, signOutRedirectUri = redirectUri): string {
  return `
kind: App
organization: hmart
name: order-desk
spec:
  title: Order desk
  grants: [authorization_code, refresh_token]
  redirectUris: ['${redirectUri}']
  signOutRedirectUris: ['${signOutRedirectUri}']
  public: true
`
}

/** Fills in the page of the authorization server. */
export async function signIn(page: Page, user: string, password: string): Promise<void> {
  await page.getByLabel('User name').fill(user)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: /sign in/i }).click()
}
