import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { type ForwardPage, forwardPage, type PostPage, postPage } from '../page/forward-page.ts'
import { nativeTarget, pageHeaders } from '../page/layout.ts'
import { messagePage, signOutPage } from '../page/message-page.ts'

/** The pages that oidc-provider asks for. */
export interface Screens {
  readonly renderError: NonNullable<Configuration['renderError']>
  readonly askToSignOut: (ctx: KoaContextWithOIDC, form: string) => Promise<undefined>
  readonly signedOut: (ctx: KoaContextWithOIDC) => Promise<undefined>
}

/** What users are told, by the error of RFC 6749 §4.1.2.1. Codes that are not listed get the general words. */
const USER_WORDS: Readonly<Record<string, readonly string[]>> = {
  invalid_client: ['The app that sent you here is not known. Nothing was given to it.'],
  invalid_redirect_uri: [
    'The app that sent you here wants to be answered at an address that is not its own. Nothing was given to it.',
  ],
  server_error: ['Something went wrong on our side. Go back to the app and try again in a moment.'],
}
const GENERAL_WORDS = [
  'The app that sent you here asked for something that is not allowed. Nothing was given to it.',
]

export function screensOf(organizationTitle: () => Promise<string>): Screens {
  return {
    renderError: async (ctx, out, error) => {
      const expired = error.name === 'SessionNotFound'
      const lines = expired
        ? ['This sign-in has expired, or cookies are blocked. Go back to the app and start again.']
        : [...(USER_WORDS[out.error] ?? GENERAL_WORDS), 'You can close this page.']
      show(
        ctx,
        messagePage({
          organization: await titleOrNone(organizationTitle),
          title: expired ? 'This sign-in has expired' : 'This sign-in cannot go on',
          lines,
          technical: technicalWords(out),
        }),
      )
    },
    askToSignOut: async (ctx, form) => {
      const back = ctx.oidc.session?.state?.postLogoutRedirectUri
      const page = signOutPage(await organizationTitle(), form)
      return show(ctx, page, nativeTarget(typeof back === 'string' ? back : undefined))
    },
    signedOut: async (ctx) => {
      const lines = ['You can close this page.']
      show(ctx, messagePage({ organization: await organizationTitle(), title: 'You are signed out', lines }))
    },
  }
}

function technicalWords({
  error,
  error_description: description,
}: {
  error: string
  error_description?: string | undefined
}) {
  return description === undefined ? error : `${error}: ${description}`
}

/** An error page must come even when the store does not answer. */
async function titleOrNone(organizationTitle: () => Promise<string>): Promise<string> {
  try {
    return await organizationTitle()
  } catch {
    return 'Sign-in'
  }
}

function show(ctx: KoaContextWithOIDC, page: string, formTarget?: string): undefined {
  ctx.set({ ...pageHeaders(formTarget) })
  ctx.body = page
}

/** As `sendOn`, for what oidc-provider would answer with a redirect. */
export function showForward(ctx: KoaContextWithOIDC, page: ForwardPage): undefined {
  ctx.remove('Location')
  ctx.status = 200
  ctx.set('Refresh', `0; url=${page.location}`)
  return show(ctx, forwardPage(page))
}

/** The same with a form of somebody else's. */
export function showPost(ctx: KoaContextWithOIDC, page: PostPage): undefined {
  ctx.remove('Location')
  ctx.status = 200
  return show(ctx, postPage(page), page.action.href)
}
