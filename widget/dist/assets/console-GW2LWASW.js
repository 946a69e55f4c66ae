import"./chunk-3S3RQUOS.js";import"./chunk-EMN5BHL5.js";import"./chunk-NW2HXF3F.js";import"./chunk-23XVUQ5H.js";import"./chunk-ZT74UABP.js";
