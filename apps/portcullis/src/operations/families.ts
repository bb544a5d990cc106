import { gatewayFamilies } from '@portcullis/gateway/metric/families'
import type { MetricFamilies } from '@portcullis/kernel/metric'
import { processFamilies } from './process-samples.ts'
import { serverFamilies } from './server-meter.ts'

/** Every metric there is, in the order of the reference page. */
export const families: MetricFamilies = { ...gatewayFamilies, ...serverFamilies, ...processFamilies }
