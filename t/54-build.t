# The module as docs/packages.md says to build it, with nginx sources of one's
# own: it is one file, which loads wherever it lies.  What config refuses, it
# names.
# From the root: prove t/54-build.t

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Copy qw(copy);
use File::Temp ();
use Test::More;

use Healthcode::Fixture;
use Healthcode::Nginx;

my $ROOT = $Healthcode::Fixture::ROOT;
my $MODULE = 'ngx_http_healthcode_module.so';
my $SOURCE = $ENV{NGINX_SRC} || '/usr/share/nginx/src';

my $tmp = File::Temp->newdir('healthcode-build-XXXXXXXX', TMPDIR => 1);

delete @ENV{qw(HIREDIS_DIR YYJSON_DIR LD_LIBRARY_PATH MAKEFLAGS MFLAGS)};


# What a command says, both streams; its exit status is left in $?.
sub output_of { my $out = `@_ 2>&1 < /dev/null`; return $out }

# Reads config as configure does, in a copy of nginx's sources; what it says.
# Where config is content it goes on to auto/module, which nobody has set up.
sub config {
    my ($env) = @_;
    return output_of("cd $tmp/src && $env ngx_addon_dir=$ROOT"
                     . " sh -c '. $ROOT/config' ./configure");
}

sub spew {
    my ($file, $text) = @_;
    open my $out, '>', $file or die "$file: $!";
    print $out $text;
    close $out;
}

# What a program asks of the dynamic linker: (libraries, paths of its own).
sub asks_for {
    my ($file) = @_;
    my $text = output_of("readelf -d $file");
    my @paths = $text =~ /\((?:RPATH|RUNPATH)\).*\[(.*?)\]/g;
    return (join(' ', sort $text =~ /\(NEEDED\).*\[(.*?)\]/g), "@paths");
}


system('cp', '-a', $SOURCE, "$tmp/src") == 0 or die "$SOURCE: not copied\n";


# ---- one file ----

my $said = output_of("cd $tmp/src && ./configure --with-compat"
                     . " --add-dynamic-module=$ROOT");
is($?, 0, 'configure takes the module') or diag($said);

# Debian's tree has no Makefile beside configure; that one only calls this one
my $built = output_of("cd $tmp/src && make -f objs/Makefile modules");
is($?, 0, 'make modules builds it') or diag($built);

mkdir "$tmp/elsewhere" or die "elsewhere: $!";
copy("$tmp/src/objs/$MODULE", "$tmp/elsewhere/") or die "$MODULE: $!";

my $linker = qr/(?:ld-linux\S* )?/;
my ($libraries, $paths) = asks_for("$tmp/elsewhere/$MODULE");
like($libraries, qr/^${linker}libc\.so\.6 libcrypto\.so\.3 libpcre2-8\.so\.0$/,
     'the module asks for no library but those of nginx itself');
is($paths, '', 'and names no folder to look into');

($libraries, $paths) = asks_for("$Healthcode::Fixture::BUILD/healthcode");
like($libraries, qr/^${linker}libc[.]so[.]6 libcrypto[.]so[.]3 libpng16[.]so[.][0-9]+ libqrencode[.]so[.]4 libssl[.]so[.]3$/,
     'the command asks for OpenSSL, and for libqrencode and libpng');
is($paths, '', 'and names no folder to look into');

my $f = Healthcode::Fixture->new(no_redis => 1);
my $nginx = Healthcode::Nginx->new(module => "$tmp/elsewhere/$MODULE",
                                   http => <<"END");
    healthcode_issuer national {
        iss        $Healthcode::Fixture::ISS{national};
        keys       @{[ $f->path('national.jwks') ]};
        algorithms ES256 EdDSA HS256;
    }
END
(my $status, $said) = $nginx->check;
is($status, 0, 'alone in a folder, the module loads and reads keys')
    or diag($said);


# ---- what config refuses ----

for my $missing ([ HIREDIS_DIR => 'include/hiredis/hiredis.h' ],
                 [ YYJSON_DIR  => 'include/yyjson.h' ]) {
    my ($name, $file) = @$missing;
    mkdir "$tmp/empty";
    $said = config("$name=$tmp/empty");
    isnt($?, 0, "$name without a library is refused");
    like($said, qr{error: the healthcode module needs \Q$tmp/empty/$file\E;},
         'with the name of the file');
}

system("mkdir -p $tmp/shared/include $tmp/shared/lib"
       . " && cp $ROOT/.deps/yyjson/include/yyjson.h $tmp/shared/include/"
       . " && touch $tmp/shared/lib/libyyjson.so") == 0 or die "shared: $!\n";
$said = config("YYJSON_DIR=$tmp/shared");
isnt($?, 0, 'a yyjson that is shared alone is refused');
like($said, qr{needs \Q$tmp/shared/lib/libyyjson.a\E;},
     'with the name of the archive');

my $nginx_h = $f->read("$tmp/src/src/core/nginx.h");
my $hiredis_h = $f->read("$ROOT/.deps/hiredis/include/hiredis/hiredis.h");
system("cp -a $ROOT/.deps/hiredis $tmp/hiredis") == 0 or die "hiredis: $!\n";

for my $row ([ 1018000, '1.18.0', 0 ], [ 1019010, '1.19.10', 0 ],
             [ 1020000, '1.20.0', 1 ], [ 1031002, '1.31.2', 1 ]) {
    my ($number, $version, $taken) = @$row;
    (my $text = $nginx_h) =~ s/(define nginx_version +)\d+/$1$number/ or die;
    $text =~ s/(define NGINX_VERSION +")[\d.]+/$1$version/ or die;
    spew("$tmp/src/src/core/nginx.h", $text);
    $said = config('');
    is($said =~ /needs nginx 1\.20 or later;\nthese are the sources of "\Q$version\E"/,
       !$taken, "nginx $version is " . ($taken ? 'taken' : 'refused'));
}
spew("$tmp/src/src/core/nginx.h", $nginx_h);

for my $row ([ 0, 14, 0 ], [ 1, 0, 0 ], [ 1, 1, 1 ], [ 1, 4, 1 ], [ 2, 0, 1 ]) {
    my ($major, $minor, $taken) = @$row;
    (my $text = $hiredis_h) =~ s/(define HIREDIS_MAJOR +)\d+/$1$major/ or die;
    $text =~ s/(define HIREDIS_MINOR +)\d+/$1$minor/ or die;
    spew("$tmp/hiredis/include/hiredis/hiredis.h", $text);
    $said = config("HIREDIS_DIR=$tmp/hiredis");
    is($said =~ m{needs hiredis 1\.1 or later;\n\S+/hiredis\.h is of $major\.$minor\.},
       !$taken, "hiredis $major.$minor is " . ($taken ? 'taken' : 'refused'));
}


# ---- the documents, as the packages install them ----

my ($docs) = $f->read("$ROOT/packaging/debian/rules") =~ /^DOCS := (.+)$/m;
ok($docs, 'the packages name their documents');
mkdir "$tmp/docs" or die "docs: $!";
system("cd $ROOT && cp -R $docs $tmp/docs") == 0 or die "docs: not copied\n";
spew("$tmp/docs/$_", '') for qw(LICENSE CHANGES);

$said = output_of("$ROOT/packaging/links.pl $tmp/docs");
is($?, 0, 'their links lead to files that are installed') or diag($said);

unlink "$tmp/docs/docs/directives.md" or die "directives.md: $!";
$said = output_of("$ROOT/packaging/links.pl $tmp/docs");
is($? >> 8, 1, 'a link to a file that is missing is found');
like($said, qr{README\.md:\d+: docs/directives\.md is not there}, 'and named');

done_testing();
