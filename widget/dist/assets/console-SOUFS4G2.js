import"./chunk-4W3CL3SI.js";import"./chunk-7DA7HE22.js";import"./chunk-KZK7XDM6.js";import"./chunk-ZZZBSI7J.js";import"./chunk-XDRCGGPH.js";
