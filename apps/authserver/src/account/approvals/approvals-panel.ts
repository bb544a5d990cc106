import { Fault } from '@portcullis/kernel/fault'
import type { Approval } from '@portcullis/model/approval/approval'
import { openApprovals } from '@portcullis/oauth/approval/approvals'
import { html, type Markup } from '../../page/html.ts'
import type { AccountAnswer, AccountPanel, AccountVisit } from '../account-page.ts'

const DONE = { approve: 'You allowed it.', refuse: 'You refused it.' } as const

/** What waits for one of the user's roles, with all that is asked for, and their word on it. */
export const approvalsPanel: AccountPanel = {
  id: 'approvals',
  title: 'What waits for you',

  async show(visit) {
    const { tenant, ports, user } = visit
    const waiting = await openApprovals(ports).waitingFor(tenant.organization, user)
    if (waiting.length === 0) return html`<p>Nothing waits for your approval.</p>`
    return html`<ul>
${waiting.map((each) => approvalItem(visit, each))}</ul>`
  },

  async answer({ tenant, ports, user }, form): Promise<AccountAnswer> {
    const verdict = form.get('decision')
    if (verdict !== 'approve' && verdict !== 'refuse') return { wrong: 'Choose one of the buttons.' }
    const reason = (form.get('reason') ?? '').trim().slice(0, 1000)
    try {
      const said = { verdict, reason } as const
      await openApprovals(ports).decide(tenant.organization, form.get('approval') ?? '', user, said)
      return { done: DONE[verdict] }
    } catch (thrown) {
      // Somebody else was quicker, or the time was over.
      if (thrown instanceof Fault && thrown.status < 500) return { wrong: `${thrown.title}.` }
      throw thrown
    }
  },
}

function approvalItem(
  visit: AccountVisit,
  { id, title, details, asker, approvers, decisions, expiresAt }: Approval,
): Markup {
  const facts = Object.entries(details).map(
    ([name, value]) =>
      html`<li>${name}: <code>${Array.isArray(value) ? value.join(' ') : String(value)}</code></li>\n`,
  )
  const until = `${expiresAt.slice(0, 16).replace('T', ' ')} UTC`
  return html`<li><strong>${title}</strong>
<p>Asked by ${asker.user ?? asker.app ?? 'somebody'}; ${decisions.length} of ${approvers.count} allowed it; until ${until}.</p>
<ul>
${facts}</ul>
<form method="post" action="${visit.action}">
<input type="hidden" name="form" value="${visit.formToken}">
<input type="hidden" name="approval" value="${id}">
<label for="${id}-reason">Why (everybody who asks later can read it)</label>
<input id="${id}-reason" name="reason" type="text" maxlength="1000">
<button class="main" type="submit" name="decision" value="approve">Allow</button>
<button type="submit" name="decision" value="refuse">Refuse</button>
</form></li>
`
}
