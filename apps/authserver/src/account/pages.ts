import type { AccountPage } from './account-page.ts'
import { approvalsPanel } from './approvals/approvals-panel.ts'
import { backchannelPanel } from './approvals/backchannel-panel.ts'
import { tokensPanel } from './approvals/tokens-panel.ts'
import { userCodePanel } from './approvals/user-code-panel.ts'
import { consentsPanel } from './consents/consents-panel.ts'
import { scopesPanel } from './scopes/scopes-panel.ts'
import { appPanel } from './security/app-panel.ts'
import { browsersPanel } from './security/browsers-panel.ts'
import { linksPanel } from './security/links-panel.ts'
import { passkeysPanel } from './security/passkeys-panel.ts'
import { passwordPanel } from './security/password-panel.ts'
import { sessionsPanel } from './security/sessions-panel.ts'

/** All pages of the account, in the order of its navigation; the first is shown at `<issuer>/account`. */
export const pages: readonly AccountPage[] = [
  {
    path: 'security',
    title: 'Security',
    panels: [passwordPanel, passkeysPanel, appPanel, linksPanel, browsersPanel, sessionsPanel],
  },
  { path: 'consents', title: 'Apps', panels: [consentsPanel, scopesPanel] },
  {
    path: 'approvals',
    title: 'Approvals',
    panels: [backchannelPanel, tokensPanel, approvalsPanel, userCodePanel],
  },
]
