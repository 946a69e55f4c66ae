import"./chunk-6R3ALDSK.js";import"./chunk-E3HHWQY7.js";import"./chunk-FSFGXAEB.js";import"./chunk-HPBNEPW7.js";import"./chunk-ACWQXQLN.js";
