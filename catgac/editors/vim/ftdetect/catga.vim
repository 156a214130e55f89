autocmd BufRead,BufNewFile *.catga setfiletype catga
