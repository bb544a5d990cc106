import { catalog } from '@portcullis/policies/catalog'
import { commandsPage } from '@portcullis/portcullis/reference/commands-page'
import { metricsPage } from '@portcullis/portcullis/reference/metrics-page'
import { settingsPage } from '@portcullis/portcullis/reference/settings-table'
import { conditionsPage } from './conditions-page.ts'
import { faultsPage } from './faults-page.ts'
import { findFaultFamilies } from './find-fault-families.ts'
import { howToPage } from './how-to-page.ts'
import { policiesPage } from './policies-page.ts'

/** Every generated page: text by path, relative to the root. */
export async function referencePages(root: string): Promise<Record<string, string>> {
  return {
    'docs/reference/faults.md': faultsPage(await findFaultFamilies(root)),
    'docs/reference/metrics.md': metricsPage(),
    'docs/reference/conditions.md': conditionsPage(),
    'docs/reference/policies.md': policiesPage(catalog),
    'docs/reference/settings.md': settingsPage(),
    'docs/reference/commands.md': await commandsPage(),
    'docs/how-to/README.md': howToPage(root),
  }
}
