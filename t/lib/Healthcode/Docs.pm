# The documents taken apart: fences, tables, headings, links; and what they have
# to agree with, read from the C sources.  Runs nothing.
# For t/40-docs.t, t/41-messages.t, t/42-examples.t and suites of rights.

package Healthcode::Docs;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(slurp document anchor cells commands reasons variables
                    default_in_source references like_shown tame rights_of);


sub slurp {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$in> // '';
}


# The rights that docs/redis-keys.md gives a user of a Redis of this version, a
# number: its lines name='...' and name="$name ...", or name="$other ...".
sub rights_of {
    my ($root, $name, $version) = @_;
    my $text = slurp("$root/docs/redis-keys.md");
    my @parts = $text =~ /^\$ \Q$name\E=['"](?:\$(?:\w+) )?([^'"]*)['"]$/mg;
    my ($from) = $text =~ /^\$ \Q$name\E="\$(\w+) /m;
    @parts or die "docs/redis-keys.md has no rights of $name\n";
    unshift @parts, rights_of($root, $from, $version) if $from && $from ne $name;
    my $rights = join ' ', @parts;
    $rights =~ s/%R~/~/g, $rights =~ s/ (?:~healthcode:push:\*|\+get|\+incr)(?!\S)//g
        if $version < 7;
    return $rights;
}


# What GitHub makes of a heading.
sub anchor {
    my ($heading) = @_;
    my $anchor = lc $heading;
    $anchor =~ s/[^\w\- ]//g;
    $anchor =~ tr/ /-/;
    return $anchor;
}


# The cells of a table's row; a bar inside of code does not part them.
sub cells {
    my ($row) = @_;
    my @cells = ('');
    $row =~ s/^\s*\|\s*|\s*\|\s*$//g;
    while ($row =~ /\G(`[^`]*`|\\.|[^`|\\]+|`)|\G\|/g) {
        defined $1 ? ($cells[-1] .= $1) : push @cells, '';
    }
    s/^\s+|\s+$//g for @cells;
    return @cells;
}


# {name, text, fences => [{line, info, text, section}], rows => [{line, head,
#  cells}], headings => [{line, level, text}], links => [{line, to}],
#  marks => [{line, text}], prose => [[line, text]]}, all in their order.
sub document {
    my ($root, $name) = @_;
    my $text = slurp("$root/$name");
    my %doc = (name => $name, text => $text, map { $_ => [] }
               qw(fences rows headings links marks prose));
    my ($fence, $head, $line, $section) = (undef, undef, 0, '');

    for (split /\n/, $text, -1) {
        $line++;

        if ($fence) {
            if (/^```\s*$/) { $fence = undef }
            else            { $fence->{text} .= "$_\n" }
            next;
        }
        if (/^```(.*)$/) {
            $fence = { line => $line, info => $1, text => '', doc => $name,
                       section => $section };
            push @{ $doc{fences} }, $fence;
            next;
        }

        push @{ $doc{prose} }, [ $line, $_ ];

        if (/^(#+)\s+(.*?)\s*$/) {
            $section = $2;
            push @{ $doc{headings} },
                { line => $line, level => length $1, text => $2 };
        }
        push @{ $doc{marks} }, { line => $line, text => $1 }
            if /^<!--\s*docs-test:\s*(.*?)\s*-->$/;

        if (/^\s*\|/) {
            if (!$head) { $head = [ cells($_) ] }
            elsif (!/^\s*\|[-| :]+$/) {
                push @{ $doc{rows} },
                    { line => $line, head => $head, cells => [ cells($_) ],
                      section => $section };
            }
        } else {
            $head = undef;
        }

        (my $plain = $_) =~ s/`[^`]*`//g;
        push @{ $doc{links} }, { line => $line, to => $1 }
            while $plain =~ /\]\(([^)\s]+)\)/g;
    }

    die "$name:$fence->{line}: this fence has no end\n" if $fence;
    return \%doc;
}


# name => {contexts => [...]} of a table of ngx_command_t.
sub commands {
    my ($source, $table) = @_;
    my ($body) = $source =~ /ngx_command_t\s+\Q$table\E\[\]\s*=\s*\{(.*?)\n\};/s
        or die "no table $table\n";
    my %commands;

    while ($body =~ /\{\s*ngx_string\("(\w+)"\),\s*([\w|]+),/g) {
        my ($name, $flags) = ($1, $2);
        my @contexts = $flags =~ /ANY_CONF/ ? qw(http server location limit_except)
            : $flags =~ /MAIN_CONF/ ? qw(http)
            : $flags =~ /HTTP_LOC_CONF/ ? qw(location) : ();
        $commands{$name} = { contexts => \@contexts };
    }
    return \%commands;
}


# [word, status, class, title] in their order.
sub reasons {
    my ($source) = @_;
    $source =~ s/\\\n/\n/g;
    $source =~ s/"\s*\n\s*"//g;
    my @reasons;
    push @reasons, [ $1, $2, lc $3 =~ tr/_/ /r, $4 ]
        while $source
            =~ /\bX\(\w+,\s*"(\w+)",\s*(\d+),\s*(\w+),\s*\w+,\s*"([^"]*)",/g;
    return @reasons;
}


# Names of variables; of one that stands for many, "prefix_NAME".
sub variables {
    my ($source) = @_;
    my ($body) = $source =~ /\[\]\s*=\s*\{(.*?)\n\};/s;
    return map { /_$/ ? "${_}NAME" : $_ } $body =~ /ngx_string\("(\w+)"\)/g;
}


# The number to which the sources set an option that is not written: of
# ngx_conf_init_*(x->NAME, N) or ngx_conf_merge_*(conf->NAME, prev->NAME, N).
sub default_in_source {
    my ($source, $object, $name) = @_;
    my ($value) = $source =~
        /ngx_conf_(?:init|merge)_\w+\(\Q$object\E->\Q$name\E,
         (?:\s*prev->\w+,)?\s*(\w+)\)/x or return undef;
    return $source =~ /#define\s+\Q$value\E\s+(\d+)/ ? $1 : $value;
}


# [document, heading or undef] of every `docs/x.md, "Heading"` in a source,
# also where the comment breaks the line.
sub references {
    my ($source) = @_;
    my @references;
    $source =~ s/\n\s*(?:\*|#|--)?[ \t]*/ /g;
    push @references, [ $1, $2 ] while $source =~
        m{\b((?:docs/(?:issuers/|examples/|monitoring/|operations/
           |readers/)?[\w-]+|README
           |CONTRIBUTING|SECURITY)\.md)
          (?:,\s+"([^"]+)")?}gx;
    return @references;
}


# A configuration with nothing in it that touches this machine outside of $dir;
# %port has those of 127.0.0.1 that are others here.  A store without a timeout
# of its own has more time: a machine that runs many tests may be slow.
sub tame {
    my ($text, $dir, %port) = @_;
    $text =~ s{http://127\.0\.0\.1:9000\b}{http://unix:$dir/upstream.sock:}g;
    $text =~ s{(proxy_pass\s+https://)(?!127\.0\.0\.1|\$)[\w.-]+}{${1}127.0.0.1:9443}g;
    $text =~ s/\b127\.0\.0\.1:(\d+)\b/"127.0.0.1:" . ($port{$1} \/\/ $1)/ge;
    $text =~ s{/run/redis/redis\.sock}{$dir/redis.sock}g;
    $text =~ s{/etc/healthcode/}{$dir/healthcode/}g;
    $text =~ s{/var/log/nginx/}{$dir/logs/}g;
    $text =~ s{/var/www/html\b}{$dir/html}g;
    $text =~ s{^(\s*server\s*\{)(?!\s*listen)}
              {$1 listen unix:$dir/nginx.sock;}mgx;
    $text =~ s/(healthcode_store \w+ \{)(?![^}]*timeout)/$1 timeout 2s; connect_timeout 2s;/g;
    my $paths = join ' ', map { "${_}_temp_path $dir/tmp-$_;" }
        qw(client_body proxy fastcgi uwsgi scgi);
    $text =~ s/^(http\s*\{)/$1 access_log $dir\/logs\/access.log; $paths/m;
    return $text;
}


# Whether $got is what the document shows.  What differs from run to run reads
# as the same: codes, digests, times; "..." stands for anything.
sub like_shown {
    my ($got, $shown) = @_;
    for ($got, $shown) {
        s/\r//g;
        s/[ \t]+$//mg;
        s/\beyJ[\w-]+\.[\w-]+\.[\w-]+/CODE/g;
        s/\b[0-9a-f]{32}\b/HEX/g;
        s/\{[0-9a-f]{2}\}/{HEX}/g;
        s/\bgeneration \K[0-9a-f]{16}\b/HEX/g;
        s/(?<![\w-])(?=[\w-]*[A-Za-z])[\w-]{43}(?![\w-])/THUMBPRINT/g;
        s/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/TIME/g;
        s/\b1[6-9]\d{8}\b/SECONDS/g;
        s/\b\d+\.\d+ (ms|s)\b/N $1/g;
        s/\(\d+ a second\)/(N a second)/g;
        s/^(Date: ).*/$1TIME/mg;
        s{\bnginx/[\d.]+}{nginx/VERSION}g;
        s/^(jti +)[\w-]{22}$/${1}ID/mg;
        # later ones than Redis 7.0 name the user of the connection
        s/^NOPERM \KUser gate(?= has no permissions )/this user/mg;
        s/\b\d+ s (ago|from now)\b/N s $1/g;
        s/\n+\z/\n/;
        s/\A\n+//;
    }
    my $pattern = join '.*?', map { quotemeta } split /\.\.\./, $shown, -1;
    return $got =~ /\A$pattern\z/s;
}

1;
