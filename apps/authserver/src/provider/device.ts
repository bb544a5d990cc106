import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { deviceCodePage, deviceConfirmPage } from '../page/device-page.ts'
import { pageHeaders } from '../page/layout.ts'
import { messagePage } from '../page/message-page.ts'

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>

/** What users are told of a code that does not work; whatever is wrong, they can only type another one. */
const WRONG: Readonly<Record<string, string>> = {
  NoCodeError: 'Type the code',
  AbortedError: 'The device was not connected',
}

/** The device flow (RFC 8628). Twenty letters without vowels: easy to type, and never a word. */
export function deviceFlow(organizationTitle: () => Promise<string>): DeviceFlow {
  return {
    enabled: true,
    charset: 'base-20',
    mask: '****-****',
    deviceInfo: () => ({}),
    async userCodeInputSource(ctx, _form, _out, error) {
      if (error !== undefined && isWithoutSession(ctx)) return showAnew(ctx)
      const wrong = error === undefined ? undefined : (WRONG[error.name] ?? 'This code does not work')
      const code = error !== undefined && 'userCode' in error ? String(error.userCode ?? '') : undefined
      show(ctx, deviceCodePage({ ...(await pageOf(ctx)), wrong, code }))
    },
    async userCodeConfirmSource(ctx, _form, client, _info, code) {
      const app = client.clientName ?? client.clientId
      show(ctx, deviceConfirmPage({ ...(await pageOf(ctx)), app, code }))
    },
    async successSource(ctx) {
      const organization = await organizationTitle()
      const lines = ['The device goes on by itself in a moment. You can close this page.']
      show(ctx, messagePage({ organization, title: 'Your device is connected', lines }))
    },
  }

  async function pageOf(ctx: KoaContextWithOIDC) {
    const state = ctx.oidc.session?.state as { readonly secret?: string } | undefined
    return {
      organization: await organizationTitle(),
      action: ctx.oidc.urlFor('code_verification'),
      xsrf: state?.secret ?? '',
    }
  }
}

/** Whose session is over, or whose browser keeps no cookies, sent a form that was not shown to them. */
function isWithoutSession({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.session?.exp === undefined
}

/** oidc-provider would keep a session that it has not begun, and fail. */
function showAnew(ctx: KoaContextWithOIDC): undefined {
  Object.assign(ctx.oidc.session ?? {}, { touched: false })
  ctx.status = 303
  ctx.redirect(ctx.oidc.urlFor('code_verification'))
}

function show(ctx: KoaContextWithOIDC, page: string): void {
  ctx.set({ ...pageHeaders() })
  ctx.body = page
}
