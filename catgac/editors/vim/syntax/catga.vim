" Schemas of catga. A word is a keyword only at the start of a declaration, a line or a clause; a word
" before a colon, an equals sign or a comma is a name.
if exists('b:current_syntax')
  finish
endif

syntax match catgaKeyword /\<\%(const\|enum\|flags\|struct\|table\|union\|errors\|command\|query\|event\|stream\|bucket\|objects\|service\|namespace\|version\|import\|throws\|handle\|publish\|calls\|on\|group\|broadcast\|as\|fetch\|watch\|reads\|writes\)\>\%(\s*[:=,;}.]\)\@!/
syntax match catgaType /\<\%(bool\|i8\|i16\|i32\|i64\|u8\|u16\|u32\|u64\|f32\|f64\|decimal\|timestamp\|duration\|uuid\|string\|bytes\)\>\%(\s*:\)\@!/
syntax match catgaAnnotation /@\%(id\|required\|max\|range\|deprecated\|key\|json\|align\|identifier\|timeout\|retry\|idempotent\|qos\|dead_letter\|dedup\|stream\|subject\|encoding\|http\)\>/
syntax match catgaConstant /\<\%(true\|false\)\>/
syntax match catgaNumber /\<\%(0x[0-9a-fA-F_]\+\|0b[01_]\+\|\d[0-9_]*\%(\.\d[0-9_]*\)\?\%([eE][-+]\?\d\+\)\?\)\%(ns\|us\|ms\|s\|m\|h\|d\)\?\>/
syntax region catgaString start=/"/ skip=/\\./ end=/"/ oneline
syntax match catgaComment /\/\/.*/ contains=@Spell
syntax match catgaDoc /\/\/\/.*/ contains=@Spell
syntax region catgaComment start=/\/\*/ end=/\*\// contains=@Spell

highlight default link catgaKeyword Keyword
highlight default link catgaType Type
highlight default link catgaAnnotation PreProc
highlight default link catgaConstant Constant
highlight default link catgaNumber Number
highlight default link catgaString String
highlight default link catgaComment Comment
highlight default link catgaDoc SpecialComment

let b:current_syntax = 'catga'
