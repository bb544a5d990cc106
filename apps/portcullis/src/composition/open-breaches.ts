import { openCommonBreaches } from '@portcullis/breaches/common-breaches'
import { openRangeBreaches } from '@portcullis/breaches/range-breaches'
import type { Breaches } from '@portcullis/ports/breaches/port'
import type { Web } from '@portcullis/ports/web/port'
import type { Settings } from '../setting/settings.ts'

const TIMEOUT_MILLIS = 3_000

/** Who knows lost passwords: the list that is installed, and then the service that is set. */
export function openBreaches({ breachedPasswordsUrl: url }: Settings, web: Web): Breaches {
  const common = openCommonBreaches()
  if (url === undefined) return common
  const range = openRangeBreaches({ web, url, timeoutMillis: TIMEOUT_MILLIS })
  return { know: async (password) => (await common.know(password)) || range.know(password) }
}
