/** Bytes of metadata that Windows takes. */
export const EFS_METADATA_LIMIT = 262_144;
