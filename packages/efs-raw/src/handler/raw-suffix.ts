/** What is behind the name of a file in the raw format. */
export const RAW_SUFFIX = '.efsraw';
