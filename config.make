# nginx's configure reads this file last: the rules that make C of the pages of
# ngx_http_healthcode_module/pages and of scripts, whenever one of their files
# has changed.

healthcode_page=$ngx_addon_dir/ngx_http_healthcode_module/pages/status
healthcode_maker=$ngx_addon_dir/util/pages.awk
healthcode_header=$NGX_OBJS/ngx_http_healthcode_pages.h

cat << END >> $NGX_MAKEFILE

$healthcode_header:	$healthcode_maker $healthcode_page.texts $healthcode_page.css $healthcode_page.js $healthcode_page.html
	LC_ALL=C awk -f $healthcode_maker $healthcode_page.texts $healthcode_page.css $healthcode_page.js $healthcode_page.html > \$@.new
	mv -f \$@.new \$@
END

healthcode_page=$ngx_addon_dir/ngx_http_healthcode_module/pages/refused
healthcode_maker=$ngx_addon_dir/util/refused.awk
healthcode_header=$NGX_OBJS/ngx_http_healthcode_refused.h
healthcode_files="$healthcode_page/page.css $(echo $healthcode_page/*.html)"

cat << END >> $NGX_MAKEFILE

$healthcode_header:	$healthcode_maker $healthcode_files
	LC_ALL=C awk -f $healthcode_maker $healthcode_files > \$@.new
	mv -f \$@.new \$@
END

healthcode_maker=$ngx_addon_dir/util/script.awk
healthcode_header=$NGX_OBJS/ngx_http_healthcode_passage_script.h
healthcode_files=$ngx_addon_dir/redis-scripts/passage.lua

cat << END >> $NGX_MAKEFILE

$healthcode_header:	$healthcode_maker $healthcode_files
	LC_ALL=C awk -f $healthcode_maker $healthcode_files > \$@.new
	mv -f \$@.new \$@
END

healthcode_header=$NGX_OBJS/ngx_http_healthcode_mark_script.h
healthcode_files=$ngx_addon_dir/redis-scripts/mark.lua

cat << END >> $NGX_MAKEFILE

$healthcode_header:	$healthcode_maker $healthcode_files
	LC_ALL=C awk -f $healthcode_maker $healthcode_files > \$@.new
	mv -f \$@.new \$@
END
